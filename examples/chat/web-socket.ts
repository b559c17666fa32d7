// The WebSocket side: `/ws?room=X&after=ID` says hello with the version, then what was missed
// since `after` (nothing when it is left out), then what comes; what clients say is stored.

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { ChatApp } from "./chat-app.ts";
import { publish } from "./messages-api.ts";
import { parseCount, parseMessage, parseRoom } from "./parse-input.ts";
import { RequestError } from "./request-error.ts";

const LARGEST_MESSAGE_BYTES = 16 * 1024;
const UNREAD_LIMIT_BYTES = 4 * 1024 * 1024;
const PING_MS = 30_000;
const CLOSE_GRACE_MS = 2_000;

const GOING_AWAY = 1001;
const INTERNAL_ERROR = 1011;

interface Place {
  room: string;
  afterId: number | null;
}

export class ChatSockets {
  readonly #app: ChatApp;
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE_BYTES });

  constructor(app: ChatApp) {
    this.#app = app;
    app.closing.addEventListener("abort", () => this.#goAway());
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    try {
      const place = this.#placeOf(request);
      this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client, place));
    } catch (error) {
      refuse(socket, error);
    }
  }

  #placeOf(request: IncomingMessage): Place {
    const url = URL.parse(request.url ?? "", "http://chat");
    if (url?.pathname !== "/ws") throw new RequestError(404, "WebSockets are at /ws?room=NAME");
    if (this.#app.closing.aborted) throw new RequestError(503, "the app is shutting down");
    const { searchParams } = url;
    return {
      room: parseRoom(searchParams.get("room") ?? "lobby"),
      afterId: parseCount(searchParams, "after", null),
    };
  }

  #welcome(client: WebSocket, { room, afterId }: Place): void {
    const { feed, counters, version } = this.#app;
    counters.webSockets++;
    send(client, { type: "hello", version, room });
    const stopFollowing = feed.follow(room, afterId, (message) =>
      send(client, { type: "message", ...message }),
    );
    const stopPinging = keepAlive(client);
    client.on("message", (data) => this.#hear(client, room, data));
    client.on("error", () => client.terminate());
    client.once("close", () => {
      stopFollowing();
      stopPinging();
    });
  }

  #hear(client: WebSocket, room: string, data: RawData): void {
    try {
      publish(this.#app, parseMessage(room, parseSay(data)));
      this.#app.counters.says++;
    } catch (error) {
      if (error instanceof RequestError) return send(client, { type: "error", message: error.message });
      console.error(error);
      client.close(INTERNAL_ERROR);
    }
  }

  #goAway(): void {
    for (const client of this.#server.clients) {
      client.close(GOING_AWAY, "the server is going away");
      setTimeout(() => client.terminate(), CLOSE_GRACE_MS).unref();
    }
  }
}

function parseSay(data: RawData): unknown {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.isBuffer(data) ? data.toString("utf8") : "");
  } catch {
    throw new RequestError(400, "the message is not JSON");
  }
  if (typeof value === "object" && value !== null && "type" in value && value.type === "say") return value;
  throw new RequestError(400, 'the only "type" that is understood is "say"');
}

function send(client: WebSocket, message: object): void {
  client.send(JSON.stringify(message));
  if (client.bufferedAmount > UNREAD_LIMIT_BYTES) client.terminate();
}

/** Finds out within a minute that a client has vanished without a word. */
function keepAlive(client: WebSocket): () => void {
  let answered = true;
  client.on("pong", () => (answered = true));
  const timer = setInterval(() => {
    if (!answered) return client.terminate();
    answered = false;
    client.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}

function refuse(socket: Duplex, error: unknown): void {
  const status = error instanceof RequestError ? error.status : 500;
  const message = error instanceof RequestError ? error.message : "something went wrong";
  socket.on("error", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nConnection: close\r\n` +
      `Content-Length: ${Buffer.byteLength(message)}\r\n\r\n${message}`,
  );
}
