// GETs and POSTs at a steady pace, whether or not the earlier ones are answered, each on a connection of its own: so
// a failure is the proxy's and never that of a connection which was kept too long.

import { request } from "node:http";
import { BROWSER_HEADERS } from "./browser-head.ts";
import { KEY_HEADER } from "./key-header.ts";

export interface Exchange {
  method: "GET" | "POST";
  key: string;
  startedAtMs: number;
  endedAtMs: number;
  /** Null when the connection ended without an answer. */
  status: number | null;
}

const TICK_MS = 5;
const TICKS_PER_POST = 4;
const ANSWER_TIMEOUT_MS = 60_000;

export const STEADY_PACE = `${1000 / TICK_MS} GETs and ${1000 / TICK_MS / TICKS_PER_POST} POSTs a second`;

export class SteadyRequests {
  readonly #port: number;
  readonly #exchanges: Promise<Exchange>[] = [];
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(port: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Sends nothing new, and waits for the answers to what was sent. */
  async finish(): Promise<Exchange[]> {
    clearInterval(this.#timer);
    return Promise.all(this.#exchanges);
  }

  #tick(): void {
    this.#ticks += 1;
    this.#exchanges.push(send(this.#port, "GET", `get-${this.#ticks}`));
    if (this.#ticks % TICKS_PER_POST === 0)
      this.#exchanges.push(send(this.#port, "POST", `post-${this.#ticks}`));
  }
}

function send(port: number, method: Exchange["method"], key: string): Promise<Exchange> {
  const { promise, resolve } = Promise.withResolvers<Exchange>();
  const startedAtMs = performance.now();
  const end = (status: number | null): void =>
    resolve({ method, key, startedAtMs, endedAtMs: performance.now(), status });
  const headers = { ...browserHeaders, [KEY_HEADER]: key };
  const outgoing = request({ host: "127.0.0.1", port, path: "/messages", method, headers, agent: false });
  outgoing.setTimeout(ANSWER_TIMEOUT_MS, () => outgoing.destroy());
  outgoing.on("error", () => end(null));
  outgoing.on("response", (answer) => {
    answer.on("error", () => end(null)).on("end", () => end(answer.statusCode ?? null));
    answer.resume();
  });
  outgoing.end(method === "POST" ? "a message" : undefined);
  return promise;
}

const browserHeaders = Object.fromEntries(
  BROWSER_HEADERS.map((header) => {
    const colon = header.indexOf(":");
    return [header.slice(0, colon), header.slice(colon + 2)];
  }),
);
