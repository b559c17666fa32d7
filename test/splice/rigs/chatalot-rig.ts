// Chatalot's WebSocket, of its messages those that matter: authenticate, subscribe, send_message, ping. A channel's
// messages come to its subscribers only; what is said before `authenticated` ends the connection. The server says pong
// every 15 s by itself, and its client takes 45 s without one for the end. This client does not come back by itself.

import type { WebSocket } from "ws";
import { AppSocket, readFields, type Said } from "./app-socket.ts";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient, RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { joinWith, socketUrl, startWebSocketApp, textOf } from "./websocket-app.ts";

const CHANNEL = "0b6c2a52-6b0e-4a39-8f0e-3d4a1c9b7e55";
const PONG_MS = 15_000;
const ZOMBIE_MS = 45_000;
const POLICY_VIOLATION = 1008;

export const rig: Rig = { name: "chatalot", protocol: "chatalot", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const socket = new AppSocket(socketUrl(url, "/ws"), book);
  const zombie = setTimeout(() => book.disrupted("no pong for 45 s"), ZOMBIE_MS).unref();
  socket.onMessage((said) => {
    if (said["type"] === "pong") zombie.refresh();
    hear(said, book);
  });
  await socket.open(async () => {
    const authenticated = socket.heard(({ type }) => type === "authenticated");
    socket.say({ type: "authenticate", token: book.id });
    await authenticated;
    socket.say({ type: "subscribe", channel_ids: [CHANNEL] });
    await ping(socket);
  }, signal);
  return rigClient(book, {
    send: (number) => socket.say({ type: "send_message", channel_id: CHANNEL, ciphertext: String(number) }),
    ask: (giveUp) => orAborted(ping(socket), giveUp),
    isConnected: () => socket.isOpen,
    close: async () => {
      clearTimeout(zombie);
      await socket.close();
    },
  });
}

let pings = 0;

function ping(socket: AppSocket): Promise<void> {
  pings += 1;
  const asked = pings;
  const answered = socket.heard(({ type, timestamp }) => type === "pong" && timestamp === asked);
  socket.say({ type: "ping", timestamp: asked });
  return answered;
}

/** It reloads the page when another version authenticates it. */
function hear({ type, ciphertext, code }: Said, book: ClientBook): void {
  if (type === "new_message") book.take(Number(ciphertext));
  if (type === "error") book.disrupted(`error ${String(code)}`);
  if (type === "authenticated" && book.received.length > 0) book.disrupted("authenticated again");
}

function startServer(options: ServerOptions): Promise<RigServer> {
  const { version } = options;
  return startWebSocketApp({
    options,
    subprotocol: null,
    serve: (socket, book) => serve(socket, book, version),
    // The real one says no Close: its clients see 1006.
    farewell: (socket) => socket.terminate(),
  });
}

function serve(socket: WebSocket, book: ServerBook, version: string): void {
  const tell = (message: Said) => socket.send(JSON.stringify(message));
  let clientId: string | null = null;
  socket.on("message", (data) => {
    const said = readFields(textOf(data));
    if (clientId !== null) return answer(said, { clientId, socket, book, tell });
    if (said["type"] !== "authenticate") {
      tell({ type: "error", code: "unauthorized", message: "authenticate first" });
      return socket.close(POLICY_VIOLATION);
    }
    clientId = String(said["token"]);
    const pongs = setInterval(() => tell({ type: "pong" }), PONG_MS);
    socket.once("close", () => clearInterval(pongs));
    tell({ type: "authenticated", user_id: clientId, server_version: version });
  });
}

interface Known {
  readonly clientId: string;
  readonly socket: WebSocket;
  readonly book: ServerBook;
  readonly tell: (message: Said) => void;
}

function answer(said: Said, { clientId, socket, book, tell }: Known): void {
  const { type, channel_ids: ids } = said;
  if (type === "ping") tell({ type: "pong", timestamp: said["timestamp"] });
  if (type === "send_message") book.take(clientId, Number(said["ciphertext"]));
  if (type !== "subscribe" || !Array.isArray(ids) || !ids.includes(CHANNEL)) return;
  joinWith(book, clientId, socket, (number) =>
    tell({ type: "new_message", channel_id: CHANNEL, ciphertext: String(number) }),
  );
}
