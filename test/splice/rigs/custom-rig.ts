// An app with a protocol of its own, in lines of text, which its operator describes to the gateway. What begins with
// "@" (who it is, which room it is in) a server has to hear before it takes anything else, and answers with "ok @…"; it
// says "tick" every 2 s, and its client takes 6 s without a word for the end. Plain `ws`; it does not come back by itself.

import { once } from "node:events";
import { WebSocket } from "ws";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient, RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { joinWith, socketUrl, startWebSocketApp, textOf } from "./websocket-app.ts";

/** The keys beside `protocol: custom`, as a flow mapping of YAML has them inside its braces. */
export const CUSTOM_KEYS =
  'replay: { match: "@*" }, swallow: { match: "ok @*" }, heartbeat: { every: 2s, message: tick }';

const TICK_MS = 2_000;
const SILENCE_MS = 6_000;
const REFUSED = 4403;

export const rig: Rig = { name: "custom", protocol: "custom", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const socket = new WebSocket(socketUrl(url, "/lines"), { perMessageDeflate: false });
  const silence = setTimeout(() => book.disrupted("no word for 6 s"), SILENCE_MS).unref();
  const answers = new Map<string, () => void>();
  socket.on("message", (data) => {
    silence.refresh();
    hear(textOf(data), answers, book);
  });
  socket.on("error", (error) => book.disrupted(`error: ${error.message}`));
  socket.on("close", (code) => {
    clearTimeout(silence);
    book.disrupted(`close ${code}`);
  });
  const ask = (line: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answers.set(`ok ${line}`, resolve);
    socket.send(line);
    return promise;
  };
  await introduce(socket, book, ask, signal);
  return rigClient(book, {
    send: (number) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(`say ${number}`);
      else book.disrupted("not sent: no connection");
    },
    ask: (giveUp) => orAborted(ask("anybody there?"), giveUp),
    isConnected: () => socket.readyState === WebSocket.OPEN,
    close: () => close(socket),
  });
}

async function introduce(
  socket: WebSocket,
  book: ClientBook,
  ask: (line: string) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  try {
    await once(socket, "open", { signal });
    await orAborted(ask(`@login ${book.id}`), signal);
    await orAborted(ask("@join numbers"), signal);
  } catch (error) {
    socket.terminate();
    throw error;
  }
}

function hear(line: string, answers: Map<string, () => void>, book: ClientBook): void {
  const [first, rest] = line.split(" ", 2);
  if (line === "tick") return;
  if (first === "number") return book.take(Number(rest));
  const answered = answers.get(line);
  if (answered === undefined) book.disrupted(`heard unasked: ${line}`);
  answers.delete(line);
  answered?.();
}

async function close(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return;
  const closed = once(socket, "close");
  socket.close();
  await closed.catch(() => {});
}

function startServer(options: ServerOptions): Promise<RigServer> {
  return startWebSocketApp({ options, subprotocol: null, serve });
}

function serve(socket: WebSocket, book: ServerBook): void {
  let clientId: string | null = null;
  let isJoined = false;
  const ticks = setInterval(() => socket.send("tick"), TICK_MS);
  socket.once("close", () => clearInterval(ticks));
  socket.on("message", (data) => {
    const line = textOf(data);
    const [first, rest = ""] = line.split(" ", 2);
    if (first === "@login") clientId = rest;
    else if (clientId === null) return socket.close(REFUSED, "login first");
    else if (first === "@join" && !isJoined) {
      isJoined = true;
      joinWith(book, clientId, socket, (number) => socket.send(`number ${number}`));
    } else if (first === "say") {
      return isJoined ? book.take(clientId, Number(rest)) : socket.close(REFUSED, "join first");
    }
    socket.send(`ok ${line}`);
  });
}
