// How much of request bodies may be kept in memory, over all requests that wait.

const LIMIT_BYTES = 64 * 1024 * 1024;
// Of a body that waits so much is read while memory is plenty, because a socket that is not read does not
// show that its client has left: only a body that has been read as a whole cannot become a ghost.
const PLENTY_BYTES = 4 * 1024 * 1024;

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

  /** How much may be kept of one body so that it can be sent again. */
  keepLimit(replayBytes: number): number {
    return this.exhausted ? 0 : replayBytes;
  }

  /** How much may be read of one body while its request waits. */
  waitLimit(replayBytes: number): number {
    return this.#used < this.#limit / 2 ? Math.max(replayBytes, PLENTY_BYTES) : this.keepLimit(replayBytes);
  }

  add(bytes: number): void {
    this.#used += bytes;
  }

  release(bytes: number): void {
    this.#used -= bytes;
  }
}
