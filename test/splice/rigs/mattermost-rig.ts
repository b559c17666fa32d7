// Mattermost's WebSocket: a token in a challenge, a hello, events in a sequence that starts with each connection id,
// answers by seq_reply. As its client does, this one lets go of a connection whose events leave the sequence, and notes
// a hello with another connection id, for which the web app fetches what it has missed. It does not come back by itself.

import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { z } from "zod";
import { AppSocket, readFields, type Said } from "./app-socket.ts";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient, RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook } from "./server-book.ts";
import { joinWith, socketUrl, startWebSocketApp, textOf } from "./websocket-app.ts";

/** What plugins say has such names; it is not answered. */
const SAY = "custom_rig_say";
const CHALLENGE = "authentication_challenge";

const fieldsOf = z.record(z.string(), z.unknown());
const requestOf = z.object({
  seq: z.number().positive(),
  action: z.string(),
  data: fieldsOf,
});

export const rig: Rig = { name: "mattermost", protocol: "mattermost", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const client = new MattermostClient(url, book);
  await client.socket.open(() => client.introduce(), signal);
  return rigClient(book, {
    send: (number) => void client.request(SAY, { number }),
    ask: (giveUp) => orAborted(client.answered("ping", {}), giveUp),
    isConnected: () => client.socket.isOpen,
    close: () => client.socket.close(),
  });
}

class MattermostClient {
  readonly socket: AppSocket;
  readonly #book: ClientBook;
  #requests = 0;
  #connectionId: string | null = null;
  #sequence = 0;

  constructor(url: string, book: ClientBook) {
    this.#book = book;
    this.socket = new AppSocket(socketUrl(url, "/api/v4/websocket?connection_id=&sequence_number=0"), book);
    this.socket.onMessage((said) => this.#hear(said));
  }

  async introduce(): Promise<void> {
    const greeted = this.socket.heard(({ event }) => event === "hello");
    await Promise.all([greeted, this.answered(CHALLENGE, { token: this.#book.id })]);
  }

  request(action: string, data: Said): number {
    this.#requests += 1;
    this.socket.say({ seq: this.#requests, action, data });
    return this.#requests;
  }

  answered(action: string, data: Said): Promise<void> {
    const seq = this.request(action, data);
    return this.socket.heard(({ seq_reply: reply }) => reply === seq);
  }

  #hear(said: Said): void {
    if (said["seq_reply"] !== undefined) return;
    const data = fieldsOf.parse(said["data"]);
    if (said["event"] === "hello") this.#greet(String(data["connection_id"]));
    if (said["seq"] !== this.#sequence) return this.#leave(said["seq"]);
    this.#sequence += 1;
    if (said["event"] === "posted") this.#book.take(Number(data["message"]));
  }

  #greet(connectionId: string): void {
    if (this.#connectionId !== null) {
      this.#book.disrupted("hello with another connection id");
      this.#sequence = 0;
    }
    this.#connectionId = connectionId;
  }

  #leave(seq: unknown): void {
    this.#book.disrupted(`event ${String(seq)} instead of ${this.#sequence}`);
    void this.socket.close();
  }
}

function startServer(options: ServerOptions): Promise<RigServer> {
  const { version } = options;
  return startWebSocketApp({
    options,
    subprotocol: null,
    serve: (socket, book) => serve(socket, book, version),
  });
}

function serve(socket: WebSocket, book: ServerBook, version: string): void {
  const tell = (message: Said) => socket.send(JSON.stringify(message));
  let clientId: string | null = null;
  let sequence = 0;
  const emit = (event: string, data: Said) => {
    tell({ event, data, broadcast: {}, seq: sequence });
    sequence += 1;
  };
  socket.on("message", (message) => {
    const { seq, action, data } = requestOf.parse(readFields(textOf(message)));
    if (action === CHALLENGE && clientId === null) {
      clientId = String(data["token"]);
      joinWith(book, clientId, socket, (number) => emit("posted", { message: String(number) }));
      // In this order: the hub greets as it takes the connection in.
      emit("hello", { connection_id: randomUUID(), server_version: version });
      return tell({ status: "OK", seq_reply: seq });
    }
    if (clientId === null)
      return tell({ status: "FAIL", error: { id: "not_authenticated" }, seq_reply: seq });
    if (action === SAY) book.take(clientId, Number(data["number"]));
    if (action === "ping") tell({ status: "OK", data: { text: "pong" }, seq_reply: seq });
  });
}
