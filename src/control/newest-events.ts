// The last so many events, the oldest first.

import type { LoggedEvent } from "./event-log.ts";

export class NewestEvents {
  readonly #capacity: number;
  #events: LoggedEvent[] = [];
  #trimmedId: number;

  /** `beforeId`: the number of the event that would have been before the first. */
  constructor(capacity: number, beforeId: number) {
    this.#capacity = capacity;
    this.#trimmedId = beforeId;
  }

  add(event: LoggedEvent): void {
    this.#events.push(event);
    // Trimmed in one go now and then, because shifting an array for each event costs its length.
    if (this.#events.length < 2 * this.#capacity) return;
    this.#trimmedId = this.forgottenId;
    this.#events = this.kept();
  }

  kept(): LoggedEvent[] {
    return this.#events.slice(-this.#capacity);
  }

  /** The number of the newest event that is no longer kept. */
  get forgottenId(): number {
    return this.#events.at(-this.#capacity - 1)?.id ?? this.#trimmedId;
  }
}
