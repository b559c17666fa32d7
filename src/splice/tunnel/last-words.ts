// When one upstream was last spoken to, and has last spoken: what may be lost when it is gone.

import type { DeadlineSweep } from "../../proxy/deadline-sweep.ts";

/** One that has been silent for so long is taken for one that has nothing more to say. */
const TALKING_MS = 1000;

export class LastWords {
  readonly #sweep: DeadlineSweep;
  /** When it was last sent something; -Infinity: it has said something since. */
  #unansweredSince = -Infinity;
  #heardAt = -Infinity;

  constructor(sweep: DeadlineSweep) {
    this.#sweep = sweep;
  }

  /** Another upstream, or the same come back. */
  forget(): void {
    this.#unansweredSince = -Infinity;
    this.#heardAt = -Infinity;
  }

  sent(): void {
    this.#unansweredSince = this.#sweep.now();
  }

  heard(): void {
    this.#heardAt = this.#sweep.now();
    this.#unansweredSince = -Infinity;
  }

  /** It was sent something within this time, and has said nothing since. */
  isUnanswered(withinMs: number): boolean {
    return this.#sweep.now() - this.#unansweredSince < withinMs;
  }

  /** It goes on, Close or not: what comes next would be missed. */
  get isTalking(): boolean {
    return this.#sweep.now() - this.#heardAt < TALKING_MS;
  }
}
