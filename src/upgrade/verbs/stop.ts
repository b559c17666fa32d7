// Stops and starts what the plan names: writers before a backup, dependents before what they depend on.

import type { ContainerInspect } from "../../docker/engine.ts";
import type { ContainerRef } from "../operations/operation.ts";
import { refuseSecretArguments } from "./arguments.ts";
import { portOfTarget, processBefore, runsBefore } from "./plan-position.ts";
import { reasonsNotToStop, refuse } from "./touchable.ts";
import type { PlanContext, PlannedOperation, PlanVerb } from "./verb.ts";

export const planStop: PlanVerb<"stop"> = (step, context) => ({
  title: `stop ${step.targets.join(", ")}`,
  operations: step.targets.flatMap((target) => {
    switch (context.target(target).kind) {
      case "containers":
        return eachContainer(target, context).map(({ ref, container, as }): PlannedOperation => {
          refuse(container === undefined ? [] : reasonsNotToStop(container, context));
          const wasRunning = container === undefined || runsBefore(context, step.id, container);
          const { graceMs, signal } = step;
          const cause = `${target} must not work while the steps after this one do`;
          return {
            as: `stop-${as}`,
            kind: "stop-container",
            cause,
            container: ref,
            graceMs,
            signal,
            wasRunning,
            port: portOfTarget(target, context),
          };
        });
      case "process":
        return [stopProcess(step, target, context)];
      case "swarm":
        return refuseSwarm(target, "stopped");
    }
  }),
});

export const planStart: PlanVerb<"start"> = (step, context) => ({
  title: `start ${step.targets.join(", ")}`,
  operations: step.targets.flatMap((target) => {
    const described = context.target(target);
    const cause = `${target} is needed again`;
    switch (described.kind) {
      case "containers":
        return eachContainer(target, context).map(({ ref, container, as }): PlannedOperation => {
          const wasRunning = container !== undefined && runsBefore(context, step.id, container);
          return { as: `start-${as}`, kind: "start-container", cause, container: ref, wasRunning };
        });
      case "process":
        refuseSecretArguments(`the process ${target}`, described.command);
        return [{ as: `start-${target}`, kind: "start-process", cause, name: target, process: described }];
      case "swarm":
        return refuseSwarm(target, "started");
    }
  }),
});

interface Each {
  ref: ContainerRef;
  /** Undefined: a step of this plan makes it. */
  container: ContainerInspect | undefined;
  /** Of the name of its operation: `worker`, `worker-2`. */
  as: string;
}

/** @throws {PlanProblem} when there are none. */
export function eachContainer(target: string, context: PlanContext): Each[] {
  const refs = context.containersOf(target);
  if (refs.length === 0) refuse([`${target} stands for no container`]);
  return refs.map((ref, index) => ({
    ref,
    container: context.inspectOf(ref),
    as: index === 0 ? target : `${target}-${index + 1}`,
  }));
}

function stopProcess(
  step: Parameters<typeof planStop>[0],
  name: string,
  context: PlanContext,
): PlannedOperation {
  const target = context.target(name);
  const before = processBefore(context, step.id, name);
  const ownGraceMs = before?.graceMs ?? (target.kind === "process" ? target.graceMs : 0);
  return {
    as: `stop-${name}`,
    kind: "stop-process",
    cause: `${name} must not work while the steps after this one do`,
    name,
    before,
    graceMs: step.graceMs ?? ownGraceMs,
  };
}

function refuseSwarm(target: string, done: string): [] {
  refuse([`${target} is a Swarm service, which is not ${done} but scaled; use "scale"`]);
  return [];
}
