// SignalR with Microsoft's client, which negotiates, speaks JSON and has `withAutomaticReconnect()` at its defaults
// (after 0, 2, 10 and 30 s; without it the library never comes back). The server is signalr-server.ts.

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
