// STOMP with @stomp/stompjs, against a server of its specification. The client opens its connection anew 5 s after a
// close, and leaves it to the app to subscribe anew: so does this one, as its documentation says. What is published
// meanwhile it refuses with an exception. A question is a message with a receipt.

import { Client } from "@stomp/stompjs";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { destinationOf, SAY, startStomp } from "./stomp-server.ts";
import { socketUrl } from "./websocket-app.ts";

export interface StompRigOptions {
  /** The library's 5 s, if it is left out. */
  readonly reconnectDelay?: number;
}

export function stompRig(choices: StompRigOptions = {}): Rig {
  return {
    name: "stomp",
    protocol: "stomp",
    startServer: startStomp,
    connect: (url, options) => connect(url, choices, options),
  };
}

export const rig: Rig = stompRig();

async function connect(
  url: string,
  choices: StompRigOptions,
  { id, signal }: ConnectOptions = {},
): Promise<RigClient> {
  const book = new ClientBook(id);
  const subscribed = Promise.withResolvers<void>();
  let connections = 0;
  const client = new Client({
    ...choices,
    brokerURL: socketUrl(url, "/stomp"),
    connectHeaders: { login: book.id },
    onConnect: () => {
      connections += 1;
      if (connections > 1) book.disrupted("connected again");
      void subscribe(client, book).then(subscribed.resolve);
    },
    onWebSocketClose: ({ code }: { code: number }) => book.disrupted(`close ${code}`),
    onStompError: ({ headers }) => book.disrupted(`ERROR: ${headers["message"]}`),
    onHeartbeatLost: () => book.disrupted("heartbeat lost"),
    onUnhandledMessage: () => book.disrupted("a message of no subscription"),
  });
  client.activate();
  await orAborted(subscribed.promise, signal).catch(async (error: unknown) => {
    await client.deactivate({ force: true });
    throw error;
  });
  return rigClient(book, {
    send: (number) => say(client, book, number),
    ask: (giveUp) => orAborted(ask(client), giveUp),
    isConnected: () => client.connected,
    close: () => client.deactivate({ force: true }),
  });
}

function subscribe(client: Client, book: ClientBook): Promise<void> {
  return receipt(client, (headers) =>
    client.subscribe(destinationOf(book.id), ({ body }) => book.take(Number(body)), headers),
  );
}

function say(client: Client, book: ClientBook, number: number): void {
  try {
    client.publish({ destination: SAY, body: String(number) });
  } catch (error) {
    book.disrupted(`not sent: ${String(error)}`);
  }
}

function ask(client: Client): Promise<void> {
  return receipt(client, (headers) => client.publish({ destination: "/app/ask", headers }));
}

let receipts = 0;

async function receipt(client: Client, write: (headers: { receipt: string }) => void): Promise<void> {
  receipts += 1;
  const headers = { receipt: `receipt-${receipts}` };
  const { promise, resolve } = Promise.withResolvers<void>();
  client.watchForReceipt(headers.receipt, () => resolve());
  write(headers);
  await promise;
}
