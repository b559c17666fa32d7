import { expect, test } from "vitest";
import { ANSWER_TIME_BOUNDS_MS, countAnswer, newCounters } from "../../src/gateway/counters.ts";

test("an answer is counted in the first bound that it kept, a slow one behind the last", () => {
  const counters = newCounters();
  for (const tookMs of [0, 5, 5.1, 100, 30_001]) countAnswer(counters, 200, tookMs);
  const counted = Object.fromEntries(
    counters.answerTimes.map((count, index) => [ANSWER_TIME_BOUNDS_MS[index] ?? "more", count]),
  );
  expect(counted).toMatchObject({ 5: 2, 10: 1, 100: 1, more: 1, 30000: 0 });
  expect(counters.upstreamErrors).toBe(0);
});

test("the app's own 5xx is counted as its error", () => {
  const counters = newCounters();
  for (const status of [200, 404, 500, 503]) countAnswer(counters, status, 1);
  expect(counters.upstreamErrors).toBe(2);
});
