// Waiting in tests: for a condition that can be observed, never for time to pass. A hang fails as an
// assertion that says what was awaited.

import { expect } from "vitest";

const DEADLINE_MS = 20_000;

export class Barrier {
  readonly #waiting = new Set<() => void>();

  /** Something may have changed: whoever waits looks again. */
  changed(): void {
    for (const look of this.#waiting) look();
  }

  /** Resolves as soon as the condition holds. `seen` tells what was there instead when it never does. */
  async until(what: string, condition: () => boolean, seen: () => string = () => ""): Promise<void> {
    if (condition()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if (condition()) resolve();
    };
    const late = setTimeout(resolve, DEADLINE_MS);
    this.#waiting.add(look);
    await promise;
    this.#waiting.delete(look);
    clearTimeout(late);
    if (!condition()) expect.fail(`waited in vain for ${what}; ${seen()}`);
  }
}
