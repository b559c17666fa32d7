// What a check may know and use: the world as an operation sees it, and what the names of the plan stand for.

import { StepFailure } from "../operations/step-failure.ts";
import type { PerformContext } from "../operations/handler.ts";
import type { ServiceMetrics } from "../gateway/gateway-driver.ts";
import type { TargetRef, TargetRefs } from "../operations/operation.ts";

export interface CheckContext {
  world: Pick<
    PerformContext,
    | "engine"
    | "gateway"
    | "processes"
    | "clock"
    | "signal"
    | "containerId"
    | "reveal"
    | "redact"
    | "run"
    | "progress"
  >;
  targets: TargetRefs;
  /** That of the step: whom a path is asked of that names no target of its own. */
  target: string | null;
  /** When the step began, milliseconds since 1970. */
  since: number;
  /** Of the service when the step began; null: no check asks for it. */
  metricsThen: ServiceMetrics | null;
}

export function targetRef(name: string, targets: TargetRefs): TargetRef {
  const ref = targets[name];
  if (ref) return ref;
  throw new StepFailure(
    `the plan has no target ${name}; it has ${Object.keys(targets).join(", ") || "none"}`,
  );
}
