// Time as a dependency: whatever waits takes a Clock, so that a test can turn the hands itself.

/** A running timer. Cancelling twice, or after it fired, is harmless. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic milliseconds; only differences mean something. */
  now(): number;
  /** Milliseconds since 1970, for what must survive a restart or be shown to people. */
  wall(): number;
  /** Calls `callback` once, after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer;
}

// setTimeout fires at once for delays over 2^31-1 ms (24.8 days).
const LONGEST_DELAY_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), LONGEST_DELAY_MS));
    return { cancel: () => clearTimeout(timer) };
  },
};
