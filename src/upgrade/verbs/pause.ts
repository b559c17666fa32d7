// Freezes containers as they are, and lets them go on.

import type { ContainerEffect } from "../operations/operation.ts";
import { runsBefore } from "./plan-position.ts";
import { eachContainer } from "./stop.ts";
import { notOfSwarm, refuse } from "./touchable.ts";
import type { PlanContext, PlannedOperation, PlanVerb } from "./verb.ts";

type PauseKind = Extract<ContainerEffect["kind"], "pause-container" | "unpause-container">;

export const planPause: PlanVerb<"pause"> = (step, context) => ({
  title: `pause ${step.targets.join(", ")}`,
  operations: step.targets.flatMap((target) => {
    const cause = `${target} must not write while its data is copied`;
    return eachOf(step, target, "pause-container", cause, context);
  }),
});

export const planUnpause: PlanVerb<"unpause"> = (step, context) => ({
  title: `let ${step.targets.join(", ")} go on`,
  operations: step.targets.flatMap((target) =>
    eachOf(step, target, "unpause-container", `${target} is needed again`, context),
  ),
});

function eachOf(
  step: { id: string },
  target: string,
  kind: PauseKind,
  cause: string,
  context: PlanContext,
): PlannedOperation[] {
  const what = context.target(target).kind;
  if (what !== "containers") {
    const stands = what === "swarm" ? "a Swarm service, whose tasks" : "a process, which";
    refuse([`${target} is ${stands} cannot be paused; use "${what === "swarm" ? "scale" : "stop"}"`]);
  }
  return eachContainer(target, context).map(({ ref, container, as }) => {
    refuse(container === undefined ? [] : notOfSwarm(container));
    refuse(keeper(ref, context));
    if (kind === "pause-container" && container !== undefined && !runsBefore(context, step.id, container)) {
      refuse([`${ref.name} does not run, so it cannot be paused`]);
    }
    return { as: `${kind === "pause-container" ? "pause" : "unpause"}-${as}`, kind, cause, container: ref };
  });
}

function keeper(ref: PlannedContainer, { observation }: PlanContext): string[] {
  const found = observation.neighbours?.keepers.find((each) => "id" in ref && each.id === ref.id);
  return found === undefined ? [] : [`${found.name} is the ${found.what} that carries out this upgrade`];
}

type PlannedContainer = ReturnType<typeof eachContainer>[number]["ref"];
