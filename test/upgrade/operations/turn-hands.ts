import { setImmediate } from "node:timers/promises";
import type { ManualClock } from "../../support/manual-clock.ts";

/** Moves the hands on whenever somebody waits for them, until the work is over. For work without sockets. */
export async function turnHands<Result>(
  clock: ManualClock,
  work: Promise<Result>,
  stepMs = 500,
): Promise<Result> {
  const state = { isOver: false };
  const settled = work.finally(() => {
    state.isOver = true;
  });
  // Whoever gets it hears how it ended.
  settled.catch(() => {});
  while (!state.isOver) {
    await setImmediate();
    if (clock.pendingTimers > 0) clock.advance(stepMs);
  }
  return settled;
}
