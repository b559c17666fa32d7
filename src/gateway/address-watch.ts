// Asks one address again and again until it answers, each time anew: with a new connection, because a SYN
// in back-off finds a container that comes back only seconds later, and with a new lookup, because the
// container may come back at another address.

import type { ClientRequest } from "node:http";
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";
import type { Clock, Timer } from "../lib/clock.ts";
import { type ProbeTarget, probeRequest } from "./probe-request.ts";

const HANGING_AFTER_MS = 250;
const MAX_OUTSTANDING = 8;
// Lookups run on libuv's four threads, as file writes do: hanging ones must not take them all.
const MAX_LOOKUPS = 2;
// What a proxy between us and the app answers while the app is missing.
const NOT_THE_APP = new Set([502, 503, 504]);

export interface AddressWatchOptions {
  clock: Clock;
  target: ProbeTarget;
  timeoutMs: number;
  onAnswer: () => void;
}

interface Attempt {
  readonly request: ClientRequest;
  readonly startedAt: number;
  readonly timeout: Timer;
}

export class AddressWatch {
  readonly #clock: Clock;
  readonly #target: ProbeTarget;
  readonly #timeoutMs: number;
  readonly #onAnswer: () => void;

  /** The oldest first. */
  readonly #attempts = new Set<Attempt>();
  #latest: Attempt | null = null;
  #lookups = 0;

  constructor({ clock, target, timeoutMs, onAnswer }: AddressWatchOptions) {
    this.#clock = clock;
    this.#target = target;
    this.#timeoutMs = timeoutMs;
    this.#onAnswer = onAnswer;
  }

  get outstanding(): number {
    return this.#attempts.size;
  }

  /** Begins an attempt when the last one has ended or hangs. */
  tick(): void {
    const latest = this.#latest;
    if (latest && this.#clock.now() - latest.startedAt < HANGING_AFTER_MS) return;
    if (this.#lookups < MAX_LOOKUPS && this.#makeRoom()) this.#begin();
  }

  stop(): void {
    for (const attempt of this.#attempts) this.#end(attempt);
  }

  /** One that still connects gives way, as a new SYN has better prospects; one that waits for its answer stays. */
  #makeRoom(): boolean {
    if (this.#attempts.size < MAX_OUTSTANDING) return true;
    for (const attempt of this.#attempts) {
      if (attempt.request.socket?.connecting === false) continue;
      this.#end(attempt);
      return true;
    }
    return false;
  }

  #begin(): void {
    const request = probeRequest(this.#target, { lookup: this.#lookup });
    const timeout = this.#clock.after(this.#timeoutMs, () => this.#end(attempt));
    const attempt: Attempt = { request, startedAt: this.#clock.now(), timeout };
    this.#attempts.add(attempt);
    this.#latest = attempt;
    request.once("response", ({ statusCode }) => {
      const wasWaiting = this.#end(attempt);
      if (wasWaiting && statusCode !== undefined && !NOT_THE_APP.has(statusCode)) this.#onAnswer();
    });
    // Failing is what attempts do until the upstream is back; the reason is known from the hold's start.
    request.on("error", () => this.#end(attempt));
    request.once("close", () => this.#end(attempt));
  }

  /** False when it had ended before. */
  #end(attempt: Attempt): boolean {
    if (!this.#attempts.delete(attempt)) return false;
    if (this.#latest === attempt) this.#latest = null;
    attempt.timeout.cancel();
    attempt.request.destroy();
    return true;
  }

  /** Counts the lookups themselves, since one goes on when its attempt has been cut. */
  readonly #lookup: LookupFunction = (hostname, options, callback) => {
    this.#lookups += 1;
    lookup(hostname, options, (error, address, family) => {
      this.#lookups -= 1;
      callback(error, address, family);
    });
  };
}
