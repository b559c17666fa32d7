// What is being collected for the shell cache: each file once, though a thousand clients ask for it at the same time, and
// all of it bounded. One whose client does not read gives way.

import type { Clock } from "../../lib/clock.ts";

const STALLED_MS = 5000;
// Whoever reads byte by byte does not stall, and never ends.
const LONGEST_MS = 60_000;

export interface Collector {
  /** Calls `end`. */
  giveUp(): void;
}

interface Collection {
  by: Collector;
  since: number;
  movedAt: number;
}

export class Collecting {
  readonly #clock: Clock;
  readonly #mostBytes: () => number;
  readonly #collections = new Map<string, Collection>();
  #bytes = 0;

  constructor(clock: Clock, mostBytes: () => number) {
    this.#clock = clock;
    this.#mostBytes = mostBytes;
  }

  /** False: somebody else is at it. */
  begin(key: string, by: Collector): boolean {
    const now = this.#clock.now();
    const other = this.#collections.get(key);
    if (other && !isStalled(other, now)) return false;
    other?.by.giveUp();
    this.#collections.set(key, { by, since: now, movedAt: now });
    return true;
  }

  /** False: that is too much, or it has been given up. */
  reserve(key: string, by: Collector, bytes: number): boolean {
    const collection = this.#collections.get(key);
    if (collection?.by !== by) return false;
    collection.movedAt = this.#clock.now();
    if (!this.#hasRoom(bytes)) this.#dropStalled(collection.movedAt);
    if (this.#collections.get(key)?.by !== by || !this.#hasRoom(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Gives back what was reserved. False: it has been given up before. */
  end(key: string, by: Collector, bytes: number): boolean {
    this.#bytes -= bytes;
    return this.#collections.get(key)?.by === by && this.#collections.delete(key);
  }

  clear(): void {
    for (const { by } of this.#collections.values()) by.giveUp();
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#mostBytes();
  }

  #dropStalled(now: number): void {
    for (const collection of this.#collections.values()) {
      if (isStalled(collection, now)) collection.by.giveUp();
    }
  }
}

function isStalled({ since, movedAt }: Collection, now: number): boolean {
  return now - movedAt >= STALLED_MS || now - since >= LONGEST_MS;
}
