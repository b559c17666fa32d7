// Does what is due when its time has come. Times are those of the wall clock, so it looks at least once a minute: a
// timer alone would oversleep on a machine that was suspended, or whose clock was set.

import type { Clock, Timer } from "../lib/clock.ts";
import type { ControlLog } from "./control-log.ts";
import { dueAt } from "./maintenance-window.ts";
import type { Due, Moment } from "./maintenance-window.ts";

export interface ScheduleOptions {
  clock: Clock;
  log: ControlLog;
  /** By service, in the order of time. */
  moments: () => Map<string, Moment[]>;
  /** Resolves when it is done and durable. */
  keep: (service: string, due: Due) => Promise<unknown>;
}

const LONGEST_LOOK_MS = 60_000;
const RETRY_MS = 5_000;

export class Schedule {
  readonly #options: ScheduleOptions;
  #timer: Timer | null = null;
  #busy = false;
  #stopped = false;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /** The state has changed: other things may be due, at other times. */
  follow(): void {
    if (this.#busy) return;
    const { clock, moments } = this.#options;
    const next = Math.min(...[...moments().values()].flatMap((each) => each.map(({ at }) => at)));
    this.#lookIn(next - clock.wall());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #lookIn(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#stopped || delayMs === Number.POSITIVE_INFINITY) return;
    const boundedMs = Math.min(Math.max(delayMs, 0), LONGEST_LOOK_MS);
    this.#timer = this.#options.clock.after(boundedMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock, log, moments, keep } = this.#options;
    this.#busy = true;
    try {
      for (const [service, own] of moments()) {
        for (const due of dueAt(own, clock.wall())) await keep(service, due);
      }
      this.#busy = false;
      this.follow();
    } catch (err) {
      this.#busy = false;
      if (!this.#stopped) log.error({ err, retryInMs: RETRY_MS }, "what was due could not be done");
      this.#lookIn(RETRY_MS);
    }
  }
}
