import type { Clock } from "../lib/clock.ts";

/** Runs `wait` with a signal that aborts at the deadline or when `clientLeft` does; leaves nothing behind. */
export async function withDeadline<T>(
  { clock, deadlineMs, clientLeft }: { clock: Clock; deadlineMs: number; clientLeft: AbortSignal },
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const end = () => ended.abort();
  if (clientLeft.aborted) end();
  clientLeft.addEventListener("abort", end);
  const timer = clock.after(deadlineMs, end);
  try {
    return await wait(ended.signal);
  } finally {
    timer.cancel();
    clientLeft.removeEventListener("abort", end);
  }
}
