// Tells that requests are shed: the first one at once, then how many in each second. Thousands of events
// would push everything else out of the log, just when somebody has to read it.

import type { Clock, Timer } from "../lib/clock.ts";

const PERIOD_MS = 1000;

export class ShedReport<Bound extends string> {
  readonly #clock: Clock;
  readonly #tell: (bound: Bound, count: number) => void;
  readonly #untold = new Map<Bound, number>();
  #timer: Timer | null = null;

  constructor(clock: Clock, tell: (bound: Bound, count: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  add(bound: Bound): void {
    this.#untold.set(bound, (this.#untold.get(bound) ?? 0) + 1);
    if (this.#timer === null) this.#tellAll();
  }

  /** Tells what is left to tell. */
  stop(): void {
    this.#timer?.cancel();
    this.#tellUntold();
    this.#timer = null;
  }

  #tellAll(): void {
    this.#timer = this.#clock.after(PERIOD_MS, () => {
      this.#timer = null;
      if (this.#untold.size > 0) this.#tellAll();
    });
    this.#tellUntold();
  }

  #tellUntold(): void {
    const untold = [...this.#untold];
    this.#untold.clear();
    for (const [bound, count] of untold) this.#tell(bound, count);
  }
}
