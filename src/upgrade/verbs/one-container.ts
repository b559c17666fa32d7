// The container that a verb means which works with one.

import type { ContainerInspect } from "../../docker/engine.ts";
import type { ContainerRef } from "../operations/operation.ts";
import { PlanProblem } from "../plan/plan-problem.ts";
import type { PlanContext } from "./verb.ts";

export interface OneContainer {
  ref: ContainerRef;
  /** As it was when the run began; of one that the run makes, that of the one whose place it takes. */
  before: ContainerInspect | undefined;
}

/** Of several the first: what is done once is done in one of them. */
export function oneContainer(target: string, what: string, context: PlanContext): OneContainer {
  const { kind } = context.target(target);
  if (kind !== "containers") throw problem(`${what} needs a container, and ${target} is a ${wordFor(kind)}`);
  const [ref] = context.containersOf(target);
  if (ref === undefined)
    throw problem(`${what} needs a container, and there is none of ${target} at this point`);
  const observed = context.observed(target);
  const first = observed.kind === "containers" ? observed.containers[0] : undefined;
  return { ref, before: context.inspectOf(ref) ?? first };
}

export function problem(text: string): PlanProblem {
  return new PlanProblem([{ place: null, text }]);
}

function wordFor(kind: "swarm" | "process"): string {
  return kind === "swarm" ? "Swarm service" : "process";
}
