// Phoenix channels as phoenix/lib/phoenix/socket.ex and channel/server.ex serve them, version 2 of the JSON serializer:
// [join_ref, ref, topic, event, payload]. Joined topics are processes there and entries here; who speaks to a topic that
// it has not joined hears "unmatched topic".

import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { z } from "zod";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook, ServerLink } from "./server-book.ts";
import { joinWith, startWebSocketApp, textOf } from "./websocket-app.ts";

const TOPIC = "numbers:";
// WebSockAdapter's, for {:shutdown, :restart}.
const SERVICE_RESTART = 1012;
const WRONG_REQUEST = 1008;

const refOf = z.string().nullable();
const messageOf = z.tuple([refOf, refOf, z.string(), z.string(), z.record(z.string(), z.unknown())]);

interface Said {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: Record<string, unknown>;
}

interface Joined {
  readonly joinRef: string | null;
  readonly client: string;
  readonly link: ServerLink;
}

export function topicOf(clientId: string): string {
  return TOPIC + clientId;
}

export function startPhoenix(options: ServerOptions): Promise<RigServer> {
  return startWebSocketApp({
    options,
    subprotocol: null,
    serve: (socket, book, request) => {
      if (isOurs(request)) new PhoenixSocket(socket, book).listen();
      else socket.close(WRONG_REQUEST);
    },
    farewell: (socket) => socket.close(SERVICE_RESTART),
  });
}

function isOurs({ url = "/" }: IncomingMessage): boolean {
  const { pathname, searchParams } = new URL(url, "http://rig");
  return pathname === "/socket/websocket" && searchParams.get("vsn") === "2.0.0";
}

class PhoenixSocket {
  readonly #socket: WebSocket;
  readonly #book: ServerBook;
  readonly #topics = new Map<string, Joined>();

  constructor(socket: WebSocket, book: ServerBook) {
    this.#socket = socket;
    this.#book = book;
  }

  listen(): void {
    this.#socket.on("message", (data) => {
      const [joinRef, ref, topic, event, payload] = messageOf.parse(JSON.parse(textOf(data)));
      this.#take({ joinRef, ref, topic, event, payload });
    });
  }

  #take(said: Said): void {
    const joined = this.#topics.get(said.topic);
    if (said.topic === "phoenix") this.#reply({ ...said, joinRef: null }, "ok", {});
    else if (said.event === "phx_join") this.#join(said);
    else if (said.event === "phx_leave") this.#leave(said, joined);
    else if (joined === undefined)
      this.#reply({ ...said, joinRef: null }, "error", { reason: "unmatched topic" });
    else this.#hear(said, joined);
  }

  #join(said: Said): void {
    const { joinRef, topic } = said;
    if (!topic.startsWith(TOPIC)) return this.#reply(said, "error", { reason: "unmatched topic" });
    const former = this.#topics.get(topic);
    // "Duplicate channel join": the former one is closed.
    if (former !== undefined) this.#close(topic, former);
    const client = topic.slice(TOPIC.length);
    const link = joinWith(this.#book, client, this.#socket, (number) =>
      this.#transmit([joinRef, null, topic, "number", { number }]),
    );
    this.#topics.set(topic, { joinRef, client, link });
    this.#reply(said, "ok", {});
  }

  #leave(said: Said, joined: Joined | undefined): void {
    this.#reply(said, "ok", {});
    if (joined !== undefined) this.#close(said.topic, joined);
  }

  #close(topic: string, { joinRef, client, link }: Joined): void {
    this.#topics.delete(topic);
    this.#book.leave(client, link);
    this.#transmit([joinRef, joinRef, topic, "phx_close", {}]);
  }

  #hear(said: Said, { client }: Joined): void {
    const { number } = said.payload;
    if (said.event === "say" && typeof number === "number") this.#book.take(client, number);
    if (said.event === "ask") this.#reply(said, "ok", said.payload);
  }

  #reply({ joinRef, ref, topic }: Said, status: "ok" | "error", response: object): void {
    this.#transmit([joinRef, ref, topic, "phx_reply", { status, response }]);
  }

  #transmit(message: readonly unknown[]): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
