/** What one listener has heard: every message should come exactly once, across all reconnects. */
export class Heard {
  readonly #timesById = new Map<number, number>();
  #lastId: number;
  #waiting: { upToId: number; resolve: () => void } | undefined;

  constructor(sinceId: number) {
    this.#lastId = sinceId;
  }

  /** Where to go on after a reconnect. */
  get lastId(): number {
    return this.#lastId;
  }

  hear(id: number): void {
    this.#timesById.set(id, (this.#timesById.get(id) ?? 0) + 1);
    this.#lastId = Math.max(this.#lastId, id);
    if (this.#waiting && this.#lastId >= this.#waiting.upToId) this.#waiting.resolve();
  }

  /** Resolves when message `id` has been heard, or when `signal` aborts. */
  async until(id: number, signal: AbortSignal): Promise<void> {
    if (this.#lastId >= id || signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = { upToId: id, resolve: () => resolve() };
    signal.addEventListener("abort", () => resolve(), { once: true });
    await promise;
  }

  compare(ids: readonly number[]): { missed: number; doubled: number } {
    const times = ids.map((id) => this.#timesById.get(id) ?? 0);
    return {
      missed: times.filter((count) => count === 0).length,
      doubled: times.filter((count) => count > 1).length,
    };
  }
}
