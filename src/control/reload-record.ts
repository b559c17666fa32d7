// When the configuration that is in force was read, and why the newest one is not, if so.

import type { Clock } from "../lib/clock.ts";

export interface ReloadStatus {
  /** Milliseconds since 1970. */
  loadedAt: number;
  /** Of the last attempt; null: it succeeded. */
  lastError: { at: number; reason: string } | null;
}

export class ReloadRecord {
  readonly #clock: Pick<Clock, "wall">;
  #status: ReloadStatus;

  /** The configuration of the start has just been read. */
  constructor(clock: Pick<Clock, "wall">) {
    this.#clock = clock;
    this.#status = { loadedAt: clock.wall(), lastError: null };
  }

  get status(): ReloadStatus {
    return this.#status;
  }

  succeeded(): void {
    this.#status = { loadedAt: this.#clock.wall(), lastError: null };
  }

  failed(reason: string): void {
    this.#status = { ...this.#status, lastError: { at: this.#clock.wall(), reason } };
  }
}
