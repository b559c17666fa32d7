// The server of the Socket.IO rig: the library itself, with its default heartbeats.

import { Server, type Socket } from "socket.io";
import { startAppServer } from "./app-server.ts";
import type { RigServer, ServerOptions } from "./rig.ts";
import { rigServer, ServerBook } from "./server-book.ts";

export const NAMESPACES = ["/", "/admin"] as const;
export const TOKEN = "let me in";
/** How long either side waits for an acknowledgement. */
export const ANSWER_MS = 10_000;

const ATTACHMENT = Buffer.from([0, 1, 2, 255]);
const WEBSOCKET_OPEN = 1;

interface Emitter {
  emit(event: string, ...args: unknown[]): unknown;
}

/** Of the library's engine, whose types are loose. */
interface Connection {
  once(event: "close", heard: () => void): void;
}

/** Namespaces take turns, and every third message has an attachment. */
export function emitNumber(sockets: readonly Emitter[], number: number): void {
  const socket = sockets[number % sockets.length];
  if (number % 3 === 0) socket?.emit("number", number, ATTACHMENT);
  else socket?.emit("number", number);
}

/** Throws for an attachment that is not the one that was sent. */
export function checkedNumber(number: number, attachment: unknown): number {
  const isWhole = Buffer.isBuffer(attachment) ? attachment.equals(ATTACHMENT) : attachment === undefined;
  if (!isWhole || (attachment === undefined) === (number % 3 === 0)) {
    throw new Error(`message ${number} has come without its attachment, or with another`);
  }
  return number;
}

export async function startServer(options: ServerOptions): Promise<RigServer> {
  const book = new ServerBook(options.pushed);
  const io = new Server({ serveClient: false });
  const halves = new WeakMap<object, Socket>();
  for (const namespace of NAMESPACES) {
    io.of(namespace)
      .use(checkToken)
      .on("connection", (socket) => {
        answer(socket, book);
        pair(socket, halves, book);
      });
  }
  const app = await startAppServer({ ...options, attach: (http) => io.attach(http) });
  io.engine.on("connection", (connection: Connection) => {
    book.opened();
    connection.once("close", () => book.closed());
  });
  // Sessions of long-polling have no socket whose end they would see.
  const abandon = () => io.engine.close();
  return rigServer({ version: options.version, book, app, leave: () => io.close(), abandon });
}

function checkToken({ handshake }: Socket, next: (error?: Error) => void): void {
  next(handshake.auth["token"] === TOKEN ? undefined : new Error("the token is wrong"));
}

/** It asks back before it answers: an answer shows that acknowledgements come both ways. */
function answer(socket: Socket, book: ServerBook): void {
  const clientId = clientOf(socket);
  socket.on("number", (number: number, attachment?: unknown) => {
    book.take(clientId, checkedNumber(number, attachment));
  });
  socket.on("question", (reply: (text: string) => void) => {
    socket.timeout(ANSWER_MS).emit("question", (error: Error | null, text: string) => {
      if (error === null && text === clientId) reply(socket.nsp.name);
    });
  });
}

/** A client is here when it has joined both namespaces; `halves` are those who have joined one. */
function pair(socket: Socket, halves: WeakMap<object, Socket>, book: ServerBook): void {
  const other = halves.get(socket.conn);
  if (other === undefined) {
    halves.set(socket.conn, socket);
    return;
  }
  const both = socket.nsp.name === NAMESPACES[0] ? [socket, other] : [other, socket];
  const link = { isOpen: () => both.every(isOpen), send: (number: number) => emitNumber(both, number) };
  book.join(clientOf(socket), link);
  for (const half of both) half.once("disconnect", () => book.leave(clientOf(socket), link));
}

function clientOf({ handshake }: Socket): string {
  return String(handshake.auth["client"]);
}

/** The library learns of a Close when the socket has ended, and throws away what it is given until then. */
function isOpen({ connected, conn }: Socket): boolean {
  const socket: unknown = Reflect.get(conn.transport, "socket");
  if (typeof socket !== "object" || socket === null || !("readyState" in socket)) return connected;
  return connected && socket.readyState === WEBSOCKET_OPEN;
}
