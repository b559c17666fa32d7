import { vi } from "vitest";

// Long, because a loaded machine must not make a test fail; whoever waits in vain waits once.
const PATIENCE_MS = 15_000;
// An expectation that fails makes its message each time: more often takes a core from whatever is waited for.
const INTERVAL_MS = 10;

/** Looks again and again until the expectation holds; at the deadline it fails as that expectation. */
export function eventually<T>(look: () => T | Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
  return vi.waitFor(look, { timeout: patienceMs, interval: INTERVAL_MS });
}
