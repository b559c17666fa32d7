// What the servers of several rigs have in common: WebSockets of `ws`, counted, under a protocol of their own.

import type { IncomingMessage } from "node:http";
import { type PerMessageDeflateOptions, type RawData, WebSocket, WebSocketServer } from "ws";
import { startAppServer } from "./app-server.ts";
import type { RigServer, ServerOptions } from "./rig.ts";
import { rigServer, ServerBook, type ServerLink } from "./server-book.ts";

const GOING_AWAY = 1001;

export interface WebSocketApp {
  readonly options: ServerOptions;
  /** The one that it speaks; null: it looks at none. */
  readonly subprotocol: string | null;
  readonly serve: (socket: WebSocket, book: ServerBook, request: IncomingMessage) => void;
  /** What an orderly end says to each client; a Close 1001 if it is left out. */
  readonly farewell?: (socket: WebSocket) => void;
  /** A library that serves the sockets takes them over. */
  readonly prepare?: (sockets: WebSocketServer) => void;
  /** What else it has to let go of in the end, so that nothing of it stays in the test's process. */
  readonly abandon?: () => void;
  readonly socketClass?: typeof WebSocket;
  readonly perMessageDeflate?: PerMessageDeflateOptions | false;
}

export async function startWebSocketApp({
  options,
  subprotocol,
  serve,
  farewell = (socket) => socket.close(GOING_AWAY),
  prepare,
  abandon,
  socketClass = WebSocket,
  perMessageDeflate = false,
}: WebSocketApp): Promise<RigServer> {
  const book = new ServerBook(options.pushed);
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate,
    WebSocket: socketClass,
    handleProtocols: (offered) => subprotocol !== null && offered.has(subprotocol) && subprotocol,
  });
  sockets.on("connection", (socket: WebSocket, request: IncomingMessage) => {
    count(socket, book);
    serve(socket, book, request);
  });
  prepare?.(sockets);
  const app = await startAppServer({
    ...options,
    attach: (http) =>
      http.on("upgrade", (request, socket, head) =>
        sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit("connection", opened, request)),
      ),
  });
  const leave = () => {
    for (const socket of sockets.clients) farewell(socket);
    abandon?.();
  };
  return rigServer({ version: options.version, book, app, leave, ...(abandon && { abandon }) });
}

function count(socket: WebSocket, book: ServerBook): void {
  book.opened();
  socket.on("error", () => {});
  socket.on("close", () => book.closed());
}

/** How a client is spoken to that the server has come to know on this socket; it forgets it with the socket. */
export function joinWith(
  book: ServerBook,
  clientId: string,
  socket: WebSocket,
  write: (number: number) => void,
): ServerLink {
  const link: ServerLink = { isOpen: () => socket.readyState === WebSocket.OPEN, send: write };
  book.join(clientId, link);
  socket.once("close", () => book.leave(clientId, link));
  return link;
}

export function textOf(data: RawData): string {
  if (!Buffer.isBuffer(data)) throw new TypeError("ws gave something else than a Buffer");
  return data.toString();
}

/** As a URL of a WebSocket. */
export function socketUrl(url: string, path = ""): string {
  return url.replace(/^http/u, "ws") + path;
}
