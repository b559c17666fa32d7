// One attempt with a deadline of its own, below the signal of the step.

import type { Clock } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/duration.ts";
import { bad, type Bad } from "./check-result.ts";

export interface AttemptLimits {
  clock: Clock;
  /** Of the step; its abort is thrown, because then nobody asks any more. */
  signal: AbortSignal;
  timeoutMs: number;
}

/** What `look` says; a bad result when it is late or fails. `explain` puts what it threw into words. */
export async function attempt<Result>(
  { clock, signal, timeoutMs }: AttemptLimits,
  look: (signal: AbortSignal) => Promise<Result>,
  explain: (error: unknown) => string,
): Promise<Result | Bad> {
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort());
  try {
    return await look(AbortSignal.any([signal, late.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) return bad(explain(lateError(timeoutMs)));
    return bad(explain(error));
  } finally {
    timer.cancel();
  }
}

function lateError(timeoutMs: number): Error {
  return new Error(`did not answer within ${formatDuration(timeoutMs)}`);
}
