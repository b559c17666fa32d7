// Puts the chat app together and takes it down again.

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { ChatApp } from "./chat-app.ts";
import type { ChatOptions } from "./chat-options.ts";
import { MessageFeed } from "./message-feed.ts";
import { MessageStore } from "./message-store.ts";
import { route } from "./routes.ts";
import { ChatSockets } from "./web-socket.ts";

export interface RunningChat {
  host: string;
  port: number;
  /** Ends streams, answers polls, closes WebSockets with 1001, finishes what is in flight. */
  close: () => Promise<void>;
}

// Longer than proxies keep idle connections, so that they close them, not we just as they write.
const KEEP_ALIVE_MS = 65_000;
const CLOSE_GRACE_MS = 5_000;

export async function startChat(options: ChatOptions): Promise<RunningChat> {
  const { db, host = "127.0.0.1", port = 0, version = "1.0.0", startDelayMs = 0 } = options;
  if (startDelayMs > 0) await delay(startDelayMs);
  const closing = new AbortController();
  const store = new MessageStore(db);
  const feed = new MessageFeed(store);
  const app: ChatApp = { version, store, feed, counters: noCounts(), closing: closing.signal };
  const server = createChatServer(app);
  const shutDown = async () => {
    closing.abort();
    await closeServer(server);
    feed.close();
    store.close();
  };
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= shutDown());
  try {
    return { host, port: await listen(server, host, port), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function noCounts(): ChatApp["counters"] {
  return { requests: 0, posts: 0, says: 0, puts: 0, polls: 0, streams: 0, webSockets: 0 };
}

function createChatServer(app: ChatApp): Server {
  const sockets = new ChatSockets(app);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    // A connection that falls idle during the shutdown would keep it waiting until it times out.
    response.once("close", () => {
      if (app.closing.aborted) setImmediate(() => server.closeIdleConnections());
    });
    void route(app, request, response);
  });
  server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head));
  return server;
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new Error(`cannot listen on ${host}:${port}: choose another --port`, { cause });
  }
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP address was expected");
  return address.port;
}

async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(cut);
}
