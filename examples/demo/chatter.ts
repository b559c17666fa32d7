// One scripted person in the chat: posts, reads and long-polls at its own pace, and listens on a
// WebSocket and on an event stream.

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Heard } from "./heard.ts";
import { listenOnSocket } from "./listening-socket.ts";
import { listenOnStream } from "./listening-stream.ts";
import { reasonOf } from "./reason-of.ts";
import { nextLine } from "./script.ts";
import type { RequestKind, Tally } from "./tally.ts";

export interface ChatterOptions {
  name: string;
  /** Where the app is, as `http://host:port`. */
  url: string;
  room: string;
  tally: Tally;
  /** The last message that was there before. */
  sinceId: number;
  /** The mean pause between two messages. */
  paceMs: number;
}

const POLL_TIMEOUT_MS = 1_500;
// Far beyond what a hold may take: a request that hangs is counted as failed instead of for ever.
const PATIENCE_MS = 90_000;
const PAUSE_AFTER_FAILURE_MS = 500;

export class Chatter {
  /** What it heard on its WebSocket and on its event stream. */
  readonly ears: readonly Heard[];
  readonly #options: ChatterOptions;
  readonly #silence = new AbortController();
  readonly #farewell = new AbortController();
  readonly #talking: Promise<unknown>;
  readonly #listening: Promise<unknown>;

  constructor(options: ChatterOptions) {
    const { sinceId, paceMs } = options;
    this.#options = options;
    const [bySocket, byStream] = [new Heard(sinceId), new Heard(sinceId)];
    this.ears = [bySocket, byStream];
    const listener = { ...options, signal: this.#farewell.signal };
    this.#listening = Promise.all([
      listenOnSocket({ ...listener, heard: bySocket }),
      listenOnStream({ ...listener, heard: byStream }),
    ]);
    this.#talking = Promise.all([
      this.#again(paceMs, () => this.#say()),
      this.#again(paceMs / 2, () => this.#ask("GET", `messages?after=${byStream.lastId}`)),
      this.#again(paceMs / 2, () => this.#poll(byStream.lastId)),
    ]);
  }

  /** Begins nothing new; resolves when everything asked has been answered. It goes on listening. */
  async fallSilent(): Promise<void> {
    this.#silence.abort();
    await this.#talking;
  }

  async leave(): Promise<void> {
    this.#farewell.abort();
    await Promise.all([this.fallSilent(), this.#listening]);
  }

  async #again(paceMs: number, act: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#silence;
    const pause = (pauseMs: number) => delay(pauseMs, undefined, { signal }).catch(() => {});
    while (!signal.aborted) {
      await pause(paceMs * (0.5 + Math.random()));
      if (signal.aborted) return;
      if (!(await act())) await pause(PAUSE_AFTER_FAILURE_MS);
    }
  }

  #say(): Promise<boolean> {
    const { name, tally } = this.#options;
    const message = { author: name, text: nextLine(), key: randomUUID() };
    tally.posted(message.key);
    return this.#ask("POST", "messages", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(message),
    });
  }

  #poll(afterId: number): Promise<boolean> {
    return this.#ask("poll", `poll?after=${afterId}&timeout=${POLL_TIMEOUT_MS}`);
  }

  /** Resolves true when the app answered. */
  async #ask(kind: RequestKind, path: string, init: RequestInit = {}): Promise<boolean> {
    const { url, room, tally } = this.#options;
    const asked = tally.request(kind);
    const sentAtMs = performance.now();
    try {
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const response = await fetch(`${url}/api/rooms/${room}/${path}`, { ...init, signal });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`status ${response.status}`);
    } catch (error) {
      asked.failed(reasonOf(error));
      return false;
    }
    asked.answered();
    // A long poll is meant to take its time.
    if (kind !== "poll") tally.pause(performance.now() - sentAtMs);
    return true;
  }
}
