// Those who wait for something to become true: a release, a drain, a quiet upstream.

interface Waiter {
  isMet: () => boolean;
  resolve: () => void;
}

export class Waiters {
  readonly #waiting = new Set<Waiter>();

  /** Resolves when `isMet` is true at a `check`, or at the signal's abort. */
  async until(isMet: () => boolean, signal: AbortSignal): Promise<void> {
    if (signal.aborted || isMet()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { isMet, resolve };
    const giveUp = () => resolve();
    this.#waiting.add(waiter);
    signal.addEventListener("abort", giveUp);
    await promise;
    signal.removeEventListener("abort", giveUp);
    this.#waiting.delete(waiter);
  }

  /** Something has changed. Called for each request, so nobody waiting must cost nothing. */
  check(): void {
    if (this.#waiting.size === 0) return;
    for (const waiter of this.#waiting) if (waiter.isMet()) waiter.resolve();
  }
}
