// GETs that arrive all the time, each on a connection of its own, and what each was answered with.

import { request } from "node:http";

export interface ArrivedGet {
  /** Both in milliseconds since 1970. */
  sentAtMs: number;
  answeredAtMs: number;
  /** Null when the connection ended without an answer. */
  status: number | null;
  /** Of the app that answered. */
  version: string | null;
}

const EVERY_MS = 20;
const ANSWER_TIMEOUT_MS = 60_000;

export class ArrivingGets {
  readonly #url: string;
  readonly #gets: Promise<ArrivedGet>[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(port: number, path: string) {
    this.#url = `http://127.0.0.1:${port}${path}`;
    this.#timer = setInterval(() => this.#gets.push(get(this.#url)), EVERY_MS);
  }

  /** Sends nothing new. */
  leave(): void {
    clearInterval(this.#timer);
  }

  /** Sends nothing new, and waits for the answers to what was sent. */
  finish(): Promise<ArrivedGet[]> {
    this.leave();
    return Promise.all(this.#gets);
  }
}

function get(url: string): Promise<ArrivedGet> {
  const { promise, resolve } = Promise.withResolvers<ArrivedGet>();
  const sentAtMs = Date.now();
  const end = (status: number | null, version: string | null): void =>
    resolve({ sentAtMs, answeredAtMs: Date.now(), status, version });
  const outgoing = request(url, { agent: false, timeout: ANSWER_TIMEOUT_MS });
  outgoing.on("timeout", () => outgoing.destroy()).on("error", () => end(null, null));
  outgoing.on("response", (answer) => {
    const { headers, statusCode = null } = answer;
    answer.on("error", () => end(null, null));
    answer.on("end", () => end(statusCode, headers["x-version"]?.toString() ?? null));
    answer.resume();
  });
  outgoing.end();
  return promise;
}
