import type { Clock, Timer } from "../../src/lib/clock.ts";

interface Pending {
  at: number;
  callback: () => void;
}

/** A clock whose hands only the test moves. Timers fire in the order of their deadlines. */
export class ManualClock implements Clock {
  #now = 0;
  readonly #wallAtZero: number;
  readonly #pending = new Set<Pending>();

  constructor(wallAtZero = Date.UTC(2026, 0, 1)) {
    this.#wallAtZero = wallAtZero;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wallAtZero + this.#now;
  }

  after(delayMs: number, callback: () => void): Timer {
    const pending = { at: this.#now + Math.max(delayMs, 0), callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Moves the hands forward, firing what falls due on the way, timers set meanwhile included. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (let next = this.#nextDue(until); next; next = this.#nextDue(until)) {
      this.#pending.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = until;
  }

  /** How many timers wait: a test for leaks compares it before and after. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  #nextDue(until: number): Pending | undefined {
    let next: Pending | undefined;
    for (const pending of this.#pending) {
      if (pending.at <= until && (!next || pending.at < next.at)) next = pending;
    }
    return next;
  }
}
