// Totals of a service since the start of the process; plain numbers, because they are touched by each
// request. Metrics read them when they are asked for.

import type { ServiceCounters } from "./gateway-port.ts";

/** Upper bounds of `answerTimes`; what took longer than the last is counted behind it. */
export const ANSWER_TIME_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000,
];

/** Upper bounds of `heldTimes`; what was held for longer than the last is counted behind it. */
export const HELD_TIME_BOUNDS_MS: readonly number[] = [
  50, 100, 250, 500, 1000, 2500, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000,
];

/** Upper bounds of `gaps`; what took longer than the last is counted behind it. */
export const GAP_BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000,
];

export function newCounters(): ServiceCounters {
  return {
    admitted: 0,
    forwarded: 0,
    refused: 0,
    abandoned: 0,
    shed: 0,
    expired: 0,
    stale: 0,
    held: 0,
    released: 0,
    heldMs: 0,
    heldTimes: Array.from({ length: HELD_TIME_BOUNDS_MS.length + 1 }, () => 0),
    heldTimesMs: 0,
    answers: [0, 0, 0, 0, 0, 0],
    resent: 0,
    failed: 0,
    tunnelsOpened: 0,
    tunnelsClosed: 0,
    reconnected: 0,
    waves: 0,
    cut: 0,
    spliced: 0,
    givenUp: { obstacle: 0, unsure: 0, unreachable: 0, refused: 0, replay: 0, overflow: 0 },
    unsureKept: 0,
    gaps: Array.from({ length: GAP_BOUNDS_MS.length + 1 }, () => 0),
    gapMs: 0,
    cutovers: 0,
    rollbacks: 0,
    canaryToCandidate: 0,
    canaryToActive: 0,
    canaryFellBack: 0,
    connectFailures: 0,
    upstreamErrors: 0,
    answerTimes: Array.from({ length: ANSWER_TIME_BOUNDS_MS.length + 1 }, () => 0),
    answerMs: 0,
  };
}

/** For the hot path: most answers come within the first bounds, so looking from the front is short. */
export function countAnswer(counters: ServiceCounters, status: number, tookMs: number): void {
  if (status >= 500) counters.upstreamErrors++;
  counters.answerMs += tookMs;
  countIn(counters.answerTimes, ANSWER_TIME_BOUNDS_MS, tookMs);
}

export function countCutover(counters: ServiceCounters, isBack: boolean): void {
  counters.cutovers++;
  if (isBack) counters.rollbacks++;
}

/** Once for each request that was held, when all its waiting is over. */
export function countHeldTime(counters: ServiceCounters, heldMs: number): void {
  counters.heldTimesMs += heldMs;
  countIn(counters.heldTimes, HELD_TIME_BOUNDS_MS, heldMs);
}

export function countGap(counters: ServiceCounters, gapMs: number): void {
  counters.spliced++;
  counters.gapMs += gapMs;
  countIn(counters.gaps, GAP_BOUNDS_MS, gapMs);
}

function countIn(buckets: number[], bounds: readonly number[], value: number): void {
  let index = 0;
  while (value > (bounds[index] ?? Infinity)) index++;
  buckets[index] = (buckets[index] ?? 0) + 1;
}
