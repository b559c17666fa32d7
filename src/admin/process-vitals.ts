// How the process itself fares: memory, and how late the event loop is.

import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock } from "../lib/clock.ts";
import type { EventLoopDelay, ProcessStatus } from "./api-types.ts";

/** How often the loop is looked at: what is shorter cannot be seen. */
const RESOLUTION_MS = 10;
/** One look at the status must not take from the next what it has to tell. */
const SHORTEST_WINDOW_MS = 10_000;

export class ProcessVitals {
  readonly #clock: Clock;
  readonly #delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  #windowBegan: number;
  /** Of the last whole window. */
  #last: EventLoopDelay | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#windowBegan = clock.now();
    this.#delays.enable();
  }

  read(): ProcessStatus {
    const { rss, heapUsed } = process.memoryUsage();
    return { residentBytes: rss, heapBytes: heapUsed, eventLoopDelay: this.eventLoopDelay() };
  }

  /** Of the last ten seconds or more; of the time since the start until then. */
  eventLoopDelay(): EventLoopDelay {
    const now = this.#clock.now();
    if (now - this.#windowBegan >= SHORTEST_WINDOW_MS) {
      this.#last = this.#measure();
      this.#delays.reset();
      this.#windowBegan = now;
    }
    return this.#last ?? this.#measure();
  }

  #measure(): EventLoopDelay {
    return {
      p50Ms: lateMs(this.#delays.percentile(50)),
      p99Ms: lateMs(this.#delays.percentile(99)),
      maxMs: lateMs(this.#delays.max),
    };
  }
}

/** What is measured is the time between two looks, in nanoseconds. */
function lateMs(betweenNs: number): number {
  return Math.max(0, Math.round((betweenNs / 1e6 - RESOLUTION_MS) * 1000) / 1000);
}
