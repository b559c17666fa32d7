// How many released requests may be in flight at once. A cold upstream is asked carefully: the limit
// doubles with each full round of good answers and halves on trouble, like a congestion window.

const MAX_LIMIT = 65_536;

export class ReleaseRamp {
  #limit: number;
  #goodInRound = 0;

  constructor(initial: number) {
    this.#limit = Math.min(Math.max(1, Math.floor(initial)), MAX_LIMIT);
  }

  get limit(): number {
    return this.#limit;
  }

  /** An answer that is not 5xx. */
  good(): void {
    this.#goodInRound += 1;
    if (this.#goodInRound >= this.#limit) this.#change(Math.min(this.#limit * 2, MAX_LIMIT));
  }

  /** A 5xx answer, or none. */
  trouble(): void {
    this.#change(Math.max(1, Math.floor(this.#limit / 2)));
  }

  #change(limit: number): void {
    this.#limit = limit;
    this.#goodInRound = 0;
  }
}
