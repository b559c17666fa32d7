// An app whose clients say who they are in their first message, and whose server greets first, answers it, and talks
// with nobody else. Plain `ws` on both sides; the client does not come back by itself.

import type { WebSocket } from "ws";
import { AppSocket, readFields, type Said } from "./app-socket.ts";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient, RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { joinWith, socketUrl, startWebSocketApp, textOf } from "./websocket-app.ts";

const TOKEN = "let me in";
const UNAUTHORIZED = 4401;

export const rig: Rig = { name: "first-message", protocol: "first-message", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const socket = new AppSocket(socketUrl(url, "/ws"), book);
  socket.onMessage((said) => hear(said, book));
  await socket.open(async () => {
    const authenticated = socket.heard(({ type }) => type === "authenticated");
    socket.say({ type: "authenticate", token: TOKEN, client: book.id });
    await authenticated;
  }, signal);
  return rigClient(book, {
    send: (number) => socket.say({ type: "number", number }),
    ask: (giveUp) => {
      const answered = socket.heard(({ type }) => type === "answer");
      socket.say({ type: "ask" });
      return orAborted(answered, giveUp);
    },
    isConnected: () => socket.isOpen,
    close: () => socket.close(),
  });
}

/** The greeting and the answer are heard once: apps begin anew with them. */
function hear({ type, number }: Said, book: ClientBook): void {
  if (type === "number") book.take(Number(number));
  else if (type !== "answer" && book.received.length > 0) book.disrupted(`heard ${String(type)} again`);
}

function startServer(options: ServerOptions): Promise<RigServer> {
  return startWebSocketApp({ options, subprotocol: null, serve });
}

function serve(socket: WebSocket, book: ServerBook): void {
  const tell = (message: Said) => socket.send(JSON.stringify(message));
  let clientId: string | null = null;
  tell({ type: "welcome" });
  socket.on("message", (data) => {
    const said = readFields(textOf(data));
    if (clientId !== null) return answer(said, clientId, book, tell);
    if (said["type"] !== "authenticate" || said["token"] !== TOKEN) {
      tell({ type: "error", code: "unauthorized" });
      return socket.close(UNAUTHORIZED);
    }
    clientId = String(said["client"]);
    joinWith(book, clientId, socket, (number) => tell({ type: "number", number }));
    tell({ type: "authenticated" });
  });
}

function answer(
  { type, number }: Said,
  clientId: string,
  book: ServerBook,
  tell: (message: Said) => void,
): void {
  if (type === "number") book.take(clientId, Number(number));
  if (type === "ask") tell({ type: "answer" });
}
