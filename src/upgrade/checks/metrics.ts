// Arithmetic on what a gateway has counted.

import type { ServiceMetrics } from "../gateway/gateway-driver.ts";

/** The share of answers that are at most as late as the figure called latency. */
const QUANTILE = 0.95;

/** What was counted since then. A gateway that was restarted meanwhile counts from 0: all of it is since then. */
export function metricsBetween(then: ServiceMetrics | null, now: ServiceMetrics): ServiceMetrics {
  if (then === null || then.startedAt !== now.startedAt) return now;
  const countedThen = new Map(then.latency.map(({ leMs, count }) => [leMs, count]));
  return {
    answers: now.answers - then.answers,
    errors: now.errors - then.errors,
    latency: now.latency.map(({ leMs, count }) => ({ leMs, count: count - (countedThen.get(leMs) ?? 0) })),
    startedAt: now.startedAt,
  };
}

/** What two gateways have counted one after the other. */
export function metricsTogether(one: ServiceMetrics, other: ServiceMetrics): ServiceMetrics {
  const countedByOne = new Map(one.latency.map(({ leMs, count }) => [leMs, count]));
  return {
    answers: one.answers + other.answers,
    errors: one.errors + other.errors,
    latency: other.latency.map(({ leMs, count }) => ({ leMs, count: count + (countedByOne.get(leMs) ?? 0) })),
    startedAt: other.startedAt,
  };
}

/** 0 to 1; null: nothing was answered. */
export function errorRate({ answers, errors }: ServiceMetrics): number | null {
  return answers > 0 ? errors / answers : null;
}

/** Estimated within the bucket that it falls into, as Prometheus does; null: nothing was answered. */
export function latencyMs({ latency }: ServiceMetrics): number | null {
  const buckets = latency.toSorted((a, b) => a.leMs - b.leMs);
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return null;
  const rank = QUANTILE * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { leMs, count } = buckets[index] ?? { leMs: 0, count: 0 };
  const below = buckets[index - 1] ?? { leMs: 0, count: 0 };
  // The last bucket has no upper bound: no more can be said than that it is above the one before.
  if (!Number.isFinite(leMs)) return below.leMs;
  return below.leMs + ((leMs - below.leMs) * (rank - below.count)) / (count - below.count);
}

/** `1.25%` */
export function formatRate(rate: number): string {
  return `${Number((rate * 100).toPrecision(3))}%`;
}
