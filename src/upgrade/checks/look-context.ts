// The context of checks, from that of the operation that makes them.

import type { JsonObject } from "../../lib/json.ts";
import { z } from "zod";
import type { ServiceMetrics } from "../gateway/gateway-driver.ts";
import type { PerformContext } from "../operations/handler.ts";
import type { TargetRefs } from "../operations/operation.ts";
import type { Check } from "../plan/check.ts";
import type { CheckContext } from "./check-context.ts";
import { needsMetrics } from "./run-check.ts";

/** Of the service as they are noted; the bound of the last bucket, Infinity, is null in JSON. */
export const metricsSchema: z.ZodType<ServiceMetrics> = z.object({
  answers: z.number(),
  errors: z.number(),
  latency: z.array(
    z.object({ leMs: z.number().nullable(), count: z.number() }).transform(({ leMs, count }) => ({
      leMs: leMs ?? Infinity,
      count,
    })),
  ),
  startedAt: z.number(),
});

export function metricsJson({ answers, errors, latency, startedAt }: ServiceMetrics): JsonObject {
  const buckets = latency.map(({ leMs, count }) => ({ leMs: Number.isFinite(leMs) ? leMs : null, count }));
  return { answers, errors, latency: buckets, startedAt };
}

/** The counters of now, if a check is going to compare with them. */
export async function metricsFor(
  checks: readonly Check[],
  { gateway, signal }: PerformContext,
): Promise<ServiceMetrics | null> {
  return needsMetrics(checks) ? gateway.metrics(signal) : null;
}

/** Where checks are made once, so that nothing has been before. */
export function lookNow(
  world: PerformContext,
  { targets, target = null }: { targets: TargetRefs; target?: string | null },
): CheckContext {
  return { world, targets, target, since: world.clock.wall(), metricsThen: null };
}
