const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A duration for people to glance at, in the two units that matter: `4.2s`, `5m 3s`, `2h 10m`, `3d 4h`. */
export function describeDuration(durationMs: number): string {
  const ms = rounded(Math.max(0, durationMs));
  if (ms < MINUTE_MS) return `${ms / SECOND_MS}s`;
  if (ms < HOUR_MS) return pair(ms, MINUTE_MS, "m", SECOND_MS, "s");
  if (ms < DAY_MS) return pair(ms, HOUR_MS, "h", MINUTE_MS, "m");
  return pair(ms, DAY_MS, "d", HOUR_MS, "h");
}

// Before the unit is chosen, so that 59.97 s becomes 1m, and a lease of 5m that was set just now reads 5m.
function rounded(ms: number): number {
  const stepMs = ms < 10 * SECOND_MS ? 100 : SECOND_MS;
  return Math.round(ms / stepMs) * stepMs;
}

function pair(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  const head = `${Math.floor(ms / largeMs)}${large}`;
  return rest === 0 ? head : `${head} ${rest}${small}`;
}
