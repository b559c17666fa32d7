// What a GraphQL subscription is fed from: each result is asked for when the one before has been written.

interface Result {
  readonly numbers: number;
}

export class NumberStream implements AsyncIterableIterator<Result> {
  readonly #onReturn: () => void;
  readonly #results: Result[] = [];
  #awaited: ((next: IteratorResult<Result>) => void) | null = null;
  #ended = false;

  constructor(onReturn: () => void) {
    this.#onReturn = onReturn;
  }

  put(result: Result): void {
    if (this.#awaited === null) this.#results.push(result);
    else this.#answer({ value: result, done: false });
  }

  async next(): Promise<IteratorResult<Result>> {
    if (this.#ended) return { value: undefined, done: true };
    const result = this.#results.shift();
    if (result !== undefined) return { value: result, done: false };
    const { promise, resolve } = Promise.withResolvers<IteratorResult<Result>>();
    this.#awaited = resolve;
    return await promise;
  }

  /** The client has completed it, or is gone. */
  async return(): Promise<IteratorResult<Result>> {
    this.#ended = true;
    this.#onReturn();
    this.#answer({ value: undefined, done: true });
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #answer(next: IteratorResult<Result>): void {
    const awaited = this.#awaited;
    this.#awaited = null;
    awaited?.(next);
  }
}
