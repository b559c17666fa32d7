import type { ServiceInspect } from "../../docker/engine.ts";
import { problem } from "./one-container.ts";
import type { PlanContext } from "./verb.ts";

/** The service that a target stands for, as it was when the run began. */
export function serviceOf(target: string, context: PlanContext): ServiceInspect {
  const wanted = context.target(target);
  if (wanted.kind !== "swarm") throw problem(`${target} is no Swarm service`);
  const observed = context.observed(target);
  if (observed.kind === "swarm" && observed.service !== null) return observed.service;
  throw problem(`there is no service ${wanted.service} (${target}) in the Swarm`);
}
