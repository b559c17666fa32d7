// Socket.IO 4 with the libraries of both sides, at their default heartbeats, in two namespaces that check a token each.
// Numbered messages alternate between the namespaces; they share one connection, so that their order is kept as long
// as that is. After a real disconnect the client sends what it has kept, one namespace after the other: from then on
// only the order within a namespace means something.

import { Manager, type Socket } from "socket.io-client";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { ANSWER_MS, checkedNumber, emitNumber, NAMESPACES, startServer, TOKEN } from "./socket-io-server.ts";

export type SocketIoTransport = "websocket" | "polling";

/** The library's own default is ["polling", "websocket"]: polling, then the upgrade to a WebSocket by a probe. */
export function socketIoRig(transports: readonly SocketIoTransport[]): Rig {
  return {
    name: "socket.io",
    protocol: "auto",
    startServer,
    connect: (url, options) => connect(url, transports, options),
  };
}

export const rig: Rig = socketIoRig(["websocket"]);

async function connect(
  url: string,
  transports: readonly SocketIoTransport[],
  { id, signal }: ConnectOptions = {},
): Promise<RigClient> {
  const book = new ClientBook(id);
  const manager = new Manager(url, { transports: [...transports] });
  const auth = { client: book.id, token: TOKEN };
  const sockets = NAMESPACES.map((namespace) => manager.socket(namespace, { auth }));
  for (const socket of sockets) listenTo(socket, book);
  const waits = sockets.map(joined);
  if (transports.length > 1) waits.push(upgraded(manager));
  await orAborted(Promise.all(waits), signal);
  watch(manager, sockets, book);
  return rigClient(book, {
    send: (number) => emitNumber(sockets, number),
    ask: (giveUp) => orAborted(Promise.all(sockets.map(ask)), giveUp),
    isConnected: () => sockets.every(({ connected }) => connected),
    close: async () => sockets.forEach((socket) => socket.disconnect()),
  });
}

function joined(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("connect", () => resolve()));
}

function upgraded(manager: Manager): Promise<void> {
  return new Promise((resolve) => {
    manager.once("open", () => manager.engine.once("upgrade", () => resolve()));
  });
}

function ask(socket: Socket): Promise<unknown> {
  return socket.timeout(ANSWER_MS).emitWithAck("question");
}

function listenTo(socket: Socket, book: ClientBook): void {
  socket.on("number", (number: number, attachment?: unknown) => book.take(checkedNumber(number, attachment)));
  socket.on("question", (answer: (text: string) => void) => answer(book.id));
}

/** From the second `connect` on they are news: of a reconnect, or of a move that lets the app's handlers run again. */
function watch(manager: Manager, sockets: readonly Socket[], book: ClientBook): void {
  manager.on("reconnect", () => book.disrupted("reconnect"));
  for (const [index, socket] of sockets.entries()) {
    const name = NAMESPACES[index];
    socket.on("connect", () => book.disrupted(`connect ${name}`));
    socket.on("connect_error", ({ message }) => book.disrupted(`connect_error ${name}: ${message}`));
    socket.on("disconnect", (reason) => book.disrupted(`disconnect ${name}: ${reason}`));
  }
}
