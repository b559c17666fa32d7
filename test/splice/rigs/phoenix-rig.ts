// Phoenix channels with phoenix.js, against a server that does as Phoenix does. It comes back by itself 10 ms after a
// close, and joins anew.

import { Socket, type Channel } from "phoenix";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import { startPhoenix, topicOf } from "./phoenix-server.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { socketUrl } from "./websocket-app.ts";

export const rig: Rig = { name: "phoenix", protocol: "phoenix", startServer: startPhoenix, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const socket = new Socket(socketUrl(url, "/socket"));
  const channel = socket.channel(topicOf(book.id));
  channel.on("number", ({ number }: { number: number }) => book.take(number));
  socket.connect();
  await orAborted(join(channel, book), signal).catch((error: unknown) => {
    socket.disconnect();
    throw error;
  });
  socket.onClose(({ code }) => book.disrupted(`close ${code}`));
  channel.onError(() => book.disrupted("channel error"));
  channel.onClose(() => book.disrupted("channel closed"));
  return rigClient(book, {
    send: (number) => void channel.push("say", { number }),
    ask: (giveUp) => orAborted(ask(channel), giveUp),
    isConnected: () => socket.isConnected() && channel.state === "joined",
    // It leaves no channel first: an app's page does not, either.
    close: async () => socket.disconnect(),
  });
}

/** The library calls its receiver again for each later join. */
function join(channel: Channel, book: ClientBook): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let joins = 0;
  channel
    .join()
    .receive("ok", () => {
      joins += 1;
      if (joins > 1) book.disrupted("joined again");
      resolve();
    })
    .receive("error", (response) => {
      if (joins > 0) book.disrupted("join refused");
      reject(new Error(`the join was refused: ${JSON.stringify(response)}`));
    });
  return promise;
}

function ask(channel: Channel): Promise<unknown> {
  return new Promise((resolve, reject) => {
    channel
      .push("ask", { question: "are you there?" })
      .receive("ok", resolve)
      .receive("error", (response) => reject(new Error(JSON.stringify(response))))
      .receive("timeout", () => reject(new Error("no answer within phoenix.js' own 10 s")));
  });
}
