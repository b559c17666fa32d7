// Slows down whoever tries tokens: after a few wrong ones from an address, the next are answered 429, each time for
// twice as long. A token cannot be guessed anyway; this keeps the trying cheap for us. The right token is never
// looked at here, so nobody can lock out those who share an address with somebody who guesses.

import { isIPv6 } from "node:net";
import type { Clock } from "../../lib/clock.ts";

/** Somebody who pasted the wrong line gets these without a pause. */
const FREE_ATTEMPTS = 5;
const SHORTEST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** So long without a wrong token, and the address begins anew. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;
/** Beyond it the address that has been quiet for the longest is forgotten. */
const MOST_ADDRESSES = 4_096;

interface Attempts {
  count: number;
  pauseEndsAt: number;
  lastAt: number;
}

export type Attempt =
  /** `pauseMs`: for so long the next ones are not counted; 0: no pause begins. */
  { is: "counted"; pauseMs: number } | { is: "paused"; retryAfterMs: number };

export class WrongTokens {
  readonly #clock: Clock;
  /** The one that tried last stands last. */
  readonly #byAddress = new Map<string, Attempts>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get addresses(): number {
    return this.#byAddress.size;
  }

  /** A wrong token came from the address. Those that come during a pause do not make it longer. */
  count(address: string): Attempt {
    const now = this.#clock.now();
    const key = networkOf(address);
    const attempts = this.#recall(key, now);
    attempts.lastAt = now;
    this.#byAddress.delete(key);
    this.#byAddress.set(key, attempts);
    this.#forgetOldest();
    if (now < attempts.pauseEndsAt) return { is: "paused", retryAfterMs: attempts.pauseEndsAt - now };
    attempts.count += 1;
    const pauseMs = pauseAfter(attempts.count);
    attempts.pauseEndsAt = now + pauseMs;
    return { is: "counted", pauseMs };
  }

  #recall(key: string, now: number): Attempts {
    const known = this.#byAddress.get(key);
    if (known && now - known.lastAt < FORGOTTEN_AFTER_MS) return known;
    return { count: 0, pauseEndsAt: 0, lastAt: now };
  }

  #forgetOldest(): void {
    if (this.#byAddress.size <= MOST_ADDRESSES) return;
    for (const oldest of this.#byAddress.keys()) {
      this.#byAddress.delete(oldest);
      return;
    }
  }
}

function pauseAfter(count: number): number {
  if (count < FREE_ATTEMPTS) return 0;
  const doublings = Math.min(count - FREE_ATTEMPTS, 16);
  return Math.min(SHORTEST_PAUSE_MS * 2 ** doublings, LONGEST_PAUSE_MS);
}

/** One machine has a whole /64 of IPv6. */
function networkOf(address: string): string {
  if (!isIPv6(address) || /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address)) return address;
  return expand(address).slice(0, 4).join(":");
}

function expand(address: string): string[] {
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  if (tail === undefined) return before;
  const after = tail === "" ? [] : tail.split(":");
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
}
