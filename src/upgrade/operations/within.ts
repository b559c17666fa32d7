// Work with a deadline of its own beside that of its step.

import type { Clock } from "../../lib/clock.ts";

/**
 * @param ms null: none.
 * @param late made when time is up; the work's signal aborts with it.
 */
export async function within<Result>(
  { clock, signal, ms, late }: { clock: Clock; signal: AbortSignal; ms: number | null; late: () => Error },
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (ms === null) return work(signal);
  const deadline = new AbortController();
  const timer = clock.after(ms, () => deadline.abort(late()));
  try {
    return await work(AbortSignal.any([signal, deadline.signal]));
  } finally {
    timer.cancel();
  }
}
