// The users of a chat app while it is upgraded: some who read and write over HTTP, and some on WebSockets. Each request
// is sent once and remembered with what became of it, so that a test can account for every one.

import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { eventually } from "../eventually.ts";
import { ChatSocket } from "./chat-socket.ts";

export interface TrafficOptions {
  /** Of the gateway, on 127.0.0.1. */
  port: number;
  /** Those who read and write in turn (4). */
  clients?: number;
  /** Those on WebSockets (0). */
  sockets?: number;
  /** Between an answer and the next request of a client (80). */
  pauseMs?: number;
  /** Between the echo of a message on a WebSocket and the next message (200). */
  turnMs?: number;
  /** `/version`: its answer is small, and says who answered. */
  reads?: string;
  writes?: string;
  /** What a read is answered with (200). */
  readStatus?: number;
  headers?: Readonly<Record<string, string>>;
  wsPath?: string;
  token?: string;
}

export interface SentRequest {
  method: "GET" | "POST";
  /** Unique; of a POST, the id of its message. */
  id: string;
  /** Milliseconds since 1970. */
  at: number;
  answeredAt: number | null;
  /** Null while it is under way; 0 when there was no whole answer. */
  status: number | null;
  /** Of the app that answered; null when it was not the app. */
  version: string | null;
  /** Milliseconds, as the gateway says. */
  heldMs: number;
  retryAfter: string | null;
  contentType: string | null;
  /** Of an answer that nobody wanted. */
  body: string | null;
}

/** Until the test is over, or stopped. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const traffic = new Traffic(options);
  onTestFinished(() => traffic.cut());
  await traffic.begin();
  return traffic;
}

/** Longer than any hold, on a loaded machine too: a request that waits longer counts as never answered. */
const PATIENCE_MS = 170_000;

export class Traffic {
  readonly sent: SentRequest[] = [];
  readonly sockets: ChatSocket[];
  readonly #options: TrafficOptions;
  #clients: Promise<void>[] = [];
  readonly #agents: Agent[] = [];
  #isStopping = false;

  constructor(options: TrafficOptions) {
    const { port, sockets = 0, wsPath = "/ws", token = "token", turnMs = 200, headers = {} } = options;
    this.#options = options;
    const chat = { port, path: wsPath, token, turnMs, headers };
    this.sockets = Array.from({ length: sockets }, (_, number) => new ChatSocket({ ...chat, number }));
  }

  /** Resolves when every client has been served and every WebSocket is authenticated. */
  async begin(): Promise<void> {
    const { clients = 4 } = this.#options;
    this.#clients = Array.from({ length: clients }, () => this.#talk());
    await Promise.all(this.sockets.map((socket) => socket.connect()));
    if (clients > 0) await this.goesOn(2 * clients);
  }

  get answered(): SentRequest[] {
    return this.sent.filter(({ status }) => status !== null);
  }

  /** Those that got anything but the answer they hoped for. */
  get failed(): SentRequest[] {
    return this.answered.filter((one) => one.status !== this.#hopedFor(one));
  }

  /** Ids of messages that the app has said it has stored. */
  get stored(): string[] {
    const posts = this.sent.filter(({ method }) => method === "POST");
    return posts.filter(({ status }) => status === 201).map(({ id }) => id);
  }

  /** The versions that answered, in order, each named once for a stretch of answers. */
  get versions(): string[] {
    const answered = this.answered.filter(({ version }) => version !== null);
    const inOrder = answered.toSorted((one, other) => (one.answeredAt ?? 0) - (other.answeredAt ?? 0));
    const versions = inOrder.map(({ version }) => version ?? "");
    return versions.filter((version, index) => version !== versions[index - 1]);
  }

  get longestHoldMs(): number {
    return Math.max(0, ...this.sent.map(({ heldMs }) => heldMs));
  }

  /** Waits until so many more have been answered. */
  async goesOn(more: number): Promise<void> {
    const wanted = this.answered.length + more;
    await eventually(() => expect(this.answered.length).toBeGreaterThanOrEqual(wanted));
  }

  /** Sends nothing more; resolves when all that was sent has been answered. Twice is harmless. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const socket of this.sockets) socket.leave();
    await Promise.all(this.#clients);
  }

  /** Stops, and waits for no answer. */
  cut(): Promise<void> {
    const stopped = this.stop();
    for (const agent of this.#agents) agent.destroy();
    return stopped;
  }

  #hopedFor({ method }: SentRequest): number {
    return method === "POST" ? 201 : (this.#options.readStatus ?? 200);
  }

  async #talk(): Promise<void> {
    const { pauseMs = 80 } = this.#options;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.push(agent);
    for (let turn = 0; !this.#isStopping; turn += 1) {
      await this.#exchange(turn % 2 === 0 ? "GET" : "POST", agent);
      await pause(pauseMs);
    }
    agent.destroy();
  }

  async #exchange(method: SentRequest["method"], agent: Agent): Promise<void> {
    const nothingYet = {
      answeredAt: null,
      status: null,
      version: null,
      retryAfter: null,
      contentType: null,
      body: null,
    };
    const sent: SentRequest = { method, id: randomUUID(), at: Date.now(), heldMs: 0, ...nothingYet };
    this.sent.push(sent);
    try {
      await this.#ask(sent, agent);
    } catch (error) {
      sent.status = 0;
      sent.body = String(error);
    }
    sent.answeredAt = Date.now();
  }

  async #ask(sent: SentRequest, agent: Agent): Promise<void> {
    const { port, reads = "/version", writes = "/messages" } = this.#options;
    const { method, id } = sent;
    const message = JSON.stringify({ id, text: `message ${id}` });
    const headers = {
      Host: "chat.example.com",
      "Content-Type": "application/json",
      ...this.#options.headers,
    };
    const path = method === "GET" ? reads : writes;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers, agent, timeout: PATIENCE_MS });
    outgoing.on("response", resolve).on("error", reject);
    outgoing.on("timeout", () => outgoing.destroy(new Error("no answer")));
    outgoing.end(method === "POST" ? message : undefined);
    await readAnswer(sent, await promise, this.#hopedFor(sent));
  }
}

async function readAnswer(sent: SentRequest, answer: IncomingMessage, hopedFor: number): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  const { headers, statusCode = 0 } = answer;
  sent.version = headers["x-version"]?.toString() ?? null;
  sent.heldMs = Number(headers["holdgate-held"] ?? 0);
  sent.retryAfter = headers["retry-after"] ?? null;
  sent.contentType = headers["content-type"] ?? null;
  sent.status = statusCode;
  if (statusCode !== hopedFor) sent.body = Buffer.concat(chunks).toString().slice(0, 300);
}

/** What a test says of all messages together: each list is empty when every message was stored exactly once. */
export interface StoreAccount {
  /** The app said they are stored, and they are not. */
  missing: string[];
  /** Stored more than once. */
  doubled: string[];
  /** Answered with something else than 201, and stored. */
  uninvited: string[];
}

/** @param messages the lines of the stand-in's store, `messages.jsonl`. */
export function accountFor(traffic: Traffic, messages: string): StoreAccount {
  const ids = idsIn(messages);
  const stored = new Set(ids);
  const refused = traffic.failed.filter(({ method, status }) => method === "POST" && status !== 0);
  return {
    missing: traffic.stored.filter((id) => !stored.has(id)),
    doubled: ids.filter((id, index) => ids.indexOf(id) !== index),
    uninvited: refused.filter(({ id }) => stored.has(id)).map(({ id }) => id),
  };
}

export function idsIn(messages: string): string[] {
  const lines = messages.split("\n").filter((line) => line !== "");
  return lines.map((line): string => JSON.parse(line).id);
}
