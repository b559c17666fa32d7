// Steady load: some keep-alive clients that read and write in turn, and remember exactly what became of each
// request. A client whose connection was ended opens another; no request is ever repeated.

import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { KeepAliveClient } from "./keep-alive-client.ts";

export interface SteadyLoadOptions {
  port: number;
  clients: number;
  /** Between an answer and the next request of a client. */
  pauseMs?: number;
  /** Where messages are read and posted. */
  target?: string;
  /** How many times the patience of one look (20 s) an answer may take: 1 when left out, more for long holds. */
  looks?: number;
}

export interface Sent {
  method: "GET" | "POST";
  /** Unique. */
  key: string;
  /** Null while it is under way; 0 when the connection ended without a whole answer. */
  status: number | null;
}

/** Carries the key of each request, for upstreams that look at nothing else. */
export const KEY_HEADER = "x-key";

const MESSAGES = "/api/rooms/lobby/messages?last=1";

export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad {
  const load = new SteadyLoad(options);
  onTestFinished(() => load.stop());
  return load;
}

export class SteadyLoad {
  readonly sent: Sent[] = [];
  readonly #options: SteadyLoadOptions;
  readonly #clients: Promise<void>[];
  #stopping = false;

  constructor(options: SteadyLoadOptions) {
    this.#options = options;
    this.#clients = Array.from({ length: options.clients }, (_, client) => this.#talk(client));
  }

  get ended(): Sent[] {
    return this.sent.filter(({ status }) => status !== null);
  }

  /** Sent, and not answered yet. */
  get underWay(): Sent[] {
    return this.sent.filter(({ status }) => status === null);
  }

  /** Those that got anything but the answer they hoped for. */
  get failed(): Sent[] {
    return this.sent.filter(({ method, status }) => status !== null && status !== EXPECTED[method]);
  }

  /** Waits until so many more have been answered. */
  async goesOn(more: number): Promise<void> {
    const wanted = this.ended.length + more;
    await eventually(() => expect(this.ended.length).toBeGreaterThanOrEqual(wanted));
  }

  /** Sends nothing more; resolves when all that was sent has been answered. Twice is harmless. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
  }

  async #talk(client: number): Promise<void> {
    const { port, pauseMs = 4 } = this.#options;
    let connection = await KeepAliveClient.open(port);
    for (let turn = 0; !this.#stopping; turn++) {
      const method = turn % 2 === 0 ? "GET" : "POST";
      const sent: Sent = { method, key: `${client}-${turn}`, status: null };
      this.sent.push(sent);
      sent.status = await this.#exchange(connection, sent);
      // An answer that came too late must not be taken for that of the next request.
      if (sent.status === 0) connection.leave();
      if (connection.ended || sent.status === 0) connection = await KeepAliveClient.open(port);
      await pause(pauseMs);
    }
    connection.leave();
  }

  async #exchange(connection: KeepAliveClient, { method, key }: Sent): Promise<number> {
    const target = this.#options.target ?? MESSAGES;
    const body = JSON.stringify({ author: "ada", text: `message ${key}`, key });
    try {
      const headers = { [KEY_HEADER]: key };
      connection.ask(method, target, method === "POST" ? { headers, body } : { headers });
      return await this.#statusOf(connection);
    } catch {
      return 0;
    }
  }

  async #statusOf(connection: KeepAliveClient): Promise<number> {
    for (let look = 1; ; look++) {
      try {
        return (await connection.answer()).status;
      } catch (error) {
        if (connection.ended || look >= (this.#options.looks ?? 1)) throw error;
      }
    }
  }
}

const EXPECTED = { GET: 200, POST: 201 };
