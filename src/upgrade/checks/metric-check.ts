// Figures of the gateway since the step began, as they are or against the time before the run.

import type { Check } from "../plan/check.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { ServiceMetrics } from "../gateway/gateway-driver.ts";
import type { CheckContext } from "./check-context.ts";
import { bad, type CheckResult, GOOD } from "./check-result.ts";
import { errorRate, formatRate, latencyMs, metricsBetween } from "./metrics.ts";

type MetricCheck = Extract<Check, { kind: "metric" }>;

export async function checkMetric(check: MetricCheck, context: CheckContext): Promise<CheckResult> {
  const { world, metricsThen } = context;
  const now = await world.gateway.metrics(world.signal);
  const figure = figureOf(check, metricsBetween(metricsThen, now));
  // Nobody has come: there is nothing to be said against it.
  if (figure === null) return GOOD;
  if (!check.relative) return judge(check, figure, check.max, "");
  const before = figureOf(check, world.run.metricsBefore ?? null);
  if (before === null) return bad(`no ${nameOf(check)} is known of the time before the run to compare with`);
  return judge(check, figure, check.max * before, ` (${check.max} times that of the time before)`);
}

function judge(check: MetricCheck, figure: number, max: number, how: string): CheckResult {
  if (figure <= max) return GOOD;
  return bad(`the ${nameOf(check)} is ${shown(check, figure)}, above ${shown(check, max)}${how}`);
}

function figureOf({ metric }: MetricCheck, metrics: ServiceMetrics | null): number | null {
  if (metrics === null) return null;
  return metric === "errorRate" ? errorRate(metrics) : latencyMs(metrics);
}

function nameOf({ metric }: MetricCheck): string {
  return metric === "errorRate" ? "error rate" : "latency of 95 in 100 answers";
}

function shown({ metric }: MetricCheck, figure: number): string {
  return metric === "errorRate" ? formatRate(figure) : formatDuration(figure);
}
