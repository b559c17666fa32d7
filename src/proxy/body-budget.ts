// How much of request bodies may be kept in memory, over all requests that wait.

const LIMIT_BYTES = 64 * 1024 * 1024;

export class BodyBudget {
  #used = 0;
  readonly #limit: number;

  constructor(limitBytes = LIMIT_BYTES) {
    this.#limit = limitBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  get exhausted(): boolean {
    return this.#used >= this.#limit;
  }

  add(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
