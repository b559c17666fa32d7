import type { Clock } from "./clock.ts";

/** Resolves after `durationMs`; rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, durationMs: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  if (signal?.aborted) {
    reject(signal.reason);
    return promise;
  }
  const timer = clock.after(durationMs, resolve);
  const onAbort = (): void => {
    timer.cancel();
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return promise.finally(() => signal?.removeEventListener("abort", onAbort));
}
