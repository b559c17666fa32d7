// Deadlines without timers: whoever waits keeps its deadline in a field, and one sweep looks at all of
// them. Arming is a plain store, so a deadline per request costs nothing on the hot path; the price is
// that a deadline may pass up to one sweep late.

import type { Clock, Timer } from "../lib/clock.ts";

export interface Deadlined {
  /** Monotonic milliseconds; Infinity while nothing is awaited. */
  deadline: number;
  onDeadline(): void;
}

const SWEEP_MS = 250;

export class DeadlineSweep {
  readonly #clock: Clock;
  readonly #waiting = new Set<Deadlined>();
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  add(entry: Deadlined): void {
    this.#waiting.add(entry);
    this.#timer ??= this.#clock.after(SWEEP_MS, () => this.#sweep());
  }

  remove(entry: Deadlined): void {
    this.#waiting.delete(entry);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const entry of this.#waiting) {
      if (entry.deadline > now) continue;
      entry.deadline = Infinity;
      entry.onDeadline();
    }
    this.#timer = this.#waiting.size === 0 ? null : this.#clock.after(SWEEP_MS, () => this.#sweep());
  }
}
