// Looks again and again, soon at first and then once a second: a call that stays silent for minutes is cut by
// proxies, and nobody could tell it from one that is lost.

import type { Clock } from "./clock.ts";
import { sleep } from "./sleep.ts";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 1000;

/** What the first look that is not undefined saw. Lasts until then, or until the signal aborts. */
export async function poll<Seen>(
  clock: Clock,
  look: () => Promise<Seen | undefined>,
  signal?: AbortSignal,
): Promise<Seen> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, LONGEST_PAUSE_MS)) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await sleep(clock, pauseMs, signal);
  }
}
