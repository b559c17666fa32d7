// SignalR with Microsoft's client, which negotiates, speaks JSON and has `withAutomaticReconnect()` at its defaults
// (after 0, 2, 10 and 30 s; without it the library never comes back). The server is signalr-server.ts.
// Measured (coming-back.test.ts): after a Close message with `allowReconnect` and Close 1012 it is back within 30 ms, and so
// it is after the bare 1012, which it reports as an error. A Close message without `allowReconnect` ends it at once.
// After a killed server with nobody in its place it is back 2.0 s later: its first try, at once, is refused. Through
// the gateway that try is held, and succeeds.

import { HubConnectionBuilder, HubConnectionState, LogLevel } from "@microsoft/signalr";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { HUB, startServer, TOKEN } from "./signalr-server.ts";

export const rig: Rig = { name: "signalr", protocol: "auto", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const connection = new HubConnectionBuilder()
    .withUrl(`${url}${HUB}?client=${book.id}`, { accessTokenFactory: () => TOKEN })
    .withAutomaticReconnect()
    .configureLogging(LogLevel.None)
    .build();
  connection.on("number", (number: number) => book.take(number));
  connection.onreconnecting((error) => book.disrupted(`reconnecting: ${error?.message ?? "no error"}`));
  connection.onreconnected(() => book.disrupted("reconnected"));
  connection.onclose((error) => book.disrupted(`close: ${error?.message ?? "no error"}`));
  await orAborted(connection.start(), signal);
  return rigClient(book, {
    send: (number) => {
      connection.send("number", number).catch((error: Error) => book.disrupted(`send: ${error.message}`));
    },
    ask: (giveUp) => orAborted(connection.invoke("question"), giveUp),
    isConnected: () => connection.state === HubConnectionState.Connected,
    // It would wait for a negotiation that the gateway holds.
    close: async () => void connection.stop().catch(() => {}),
  });
}
