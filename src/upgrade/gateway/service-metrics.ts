import type { ServiceStatus } from "../../client/status.ts";
import type { ServiceMetrics } from "./gateway-driver.ts";

/** Those of ANSWER_TIME_BOUNDS_MS in the gateway. What took longer than the last is in `answers` only. */
const BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000];

/** What users got of the app: what a mode refused, and how long a hold kept them, is not in it. */
export function metricsOf({ counters }: ServiceStatus, startedAt: number): ServiceMetrics {
  const { answerTimes, failed, upstreamErrors } = counters;
  const answered = answerTimes.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  const latency = BOUNDS_MS.map((leMs, index) => {
    sum += answerTimes[index] ?? 0;
    return { leMs, count: sum };
  });
  return { answers: answered + failed, errors: upstreamErrors + failed, latency, startedAt };
}
