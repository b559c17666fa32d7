import type { Clock } from "../lib/clock.ts";

/** Resolves after `durationMs`, or at once when `signal` aborts. */
export function pause(clock: Clock, durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(durationMs, resolve);
  const end = (): void => {
    timer.cancel();
    resolve();
  };
  if (signal.aborted) end();
  signal.addEventListener("abort", end);
  return promise.finally(() => signal.removeEventListener("abort", end));
}
