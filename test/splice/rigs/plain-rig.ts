// A plain WebSocket with the library `ws` on both sides, with permessage-deflate or without it. `ws` does not come back
// by itself.

import { once } from "node:events";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { type AppServer, startAppServer } from "./app-server.ts";
import { ClientBook, rigClient } from "./client-book.ts";
import type { Rig, RigServer, ServerOptions } from "./rig.ts";
import { rigServer, ServerBook } from "./server-book.ts";

const GOING_AWAY = 1001;
// Numbers are short: without a threshold nothing would be compressed. Both sides take over their context by default.
const DEFLATE = { threshold: 0 };

export interface PlainRigOptions {
  readonly serverDeflates: boolean;
  readonly clientDeflates: boolean;
}

export const rig: Rig = plainRig({ serverDeflates: false, clientDeflates: false });

export function plainRig({ serverDeflates, clientDeflates }: PlainRigOptions): Rig {
  return {
    name: "plain",
    protocol: "plain",
    startServer: (options) => startServer(options, serverDeflates),
    async connect(url, { id, signal } = {}) {
      const book = new ClientBook(id);
      const socket = new WebSocket(`${url.replace(/^http/u, "ws")}/ws?client=${book.id}`, {
        perMessageDeflate: clientDeflates ? DEFLATE : false,
      });
      socket.on("message", (data) => book.take(numberOf(data)));
      await once(socket, "open", { signal });
      socket.on("error", (error) => book.disrupted(`error: ${error.message}`));
      socket.on("close", (code, reason) => book.disrupted(`close ${code} ${reason.toString()}`.trim()));
      return rigClient(book, {
        send: (number) => socket.send(String(number)),
        ask: null,
        isConnected: () => socket.readyState === WebSocket.OPEN,
        close: () => closeSocket(socket),
      });
    },
  };
}

async function startServer(options: ServerOptions, deflates: boolean): Promise<RigServer> {
  const book = new ServerBook(options.pushed);
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: deflates ? DEFLATE : false });
  sockets.on("connection", (socket: WebSocket, { url = "/" }) => {
    const clientId = new URL(url, "http://rig").searchParams.get("client") ?? "";
    serve(book, clientId, socket);
  });
  const app: AppServer = await startAppServer({
    ...options,
    attach: (http) =>
      http.on("upgrade", (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request)),
      ),
  });
  const leave = () => sockets.clients.forEach((socket) => socket.close(GOING_AWAY));
  return rigServer({ version: options.version, book, app, leave });
}

function serve(book: ServerBook, clientId: string, socket: WebSocket): void {
  const link = {
    isOpen: () => socket.readyState === WebSocket.OPEN,
    send: (number: number) => socket.send(String(number)),
  };
  book.opened();
  book.join(clientId, link);
  socket.on("message", (data) => book.take(clientId, numberOf(data)));
  socket.on("error", () => {});
  socket.on("close", () => {
    book.closed();
    book.leave(clientId, link);
  });
}

async function closeSocket(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = once(socket, "close");
  socket.close();
  await closed;
}

function numberOf(data: RawData): number {
  if (!Buffer.isBuffer(data)) throw new TypeError("ws gave something else than a Buffer");
  return Number(data.toString());
}
