// What the steps of a plan do to a container before and after one of them, as far as that is known beforehand.

import type { ContainerInspect } from "../../docker/engine.ts";
import type { Condition, Plan, Step, StepCommon } from "../plan/plan.ts";
import type { ProcessTarget } from "../plan/target.ts";
import type { PlanContext } from "./verb.ts";

export interface StepsAround {
  before: Step[];
  after: Step[];
}

/** In their order, those inside `parallel` one by one, without those that will not be done. Those of an `undo` have the place of its step. */
export function stepsAround(plan: Plan, id: string): StepsAround {
  const at = plan.steps.findIndex((step) => contains(step, id));
  const [before, after] = at === -1 ? [plan.steps, []] : [plan.steps.slice(0, at), plan.steps.slice(at + 1)];
  return { before: before.flatMap(single), after: after.flatMap(single) };
}

/** Whether it is sure to be carried out when its turn comes. */
export function isCertain({ when }: StepCommon): boolean {
  return when === null || holds(when) === true;
}

/** Undefined: it is known when the step's turn comes. */
function holds(condition: Condition): boolean | undefined {
  switch (condition.kind) {
    case "known":
      return condition.holds;
    case "not": {
      const inner = holds(condition.of);
      return inner === undefined ? undefined : !inner;
    }
    case "fact":
      return undefined;
  }
}

/** Whether a container that was there when the run began runs when the step's turn comes. */
export function runsBefore(context: PlanContext, id: string, container: ContainerInspect): boolean {
  let runs = container.State.Running;
  for (const step of stepsAround(context.plan, id).before.filter(isCertain)) {
    if (step.verb === "stop" && concerns(context, step.targets, container.Id)) runs = false;
    if (step.verb === "start" && concerns(context, step.targets, container.Id)) runs = true;
  }
  return runs;
}

/** A process as it runs when the step's turn comes; null: it does not. */
export function processBefore(context: PlanContext, id: string, target: string): ProcessTarget | null {
  const observed = context.observed(target);
  const planned = context.target(target);
  let running = observed.kind === "process" ? observed.running : null;
  const described = planned.kind === "process" ? planned : null;
  for (const step of stepsAround(context.plan, id).before.filter(isCertain)) {
    if (step.verb === "stop" && step.targets.includes(target)) running = null;
    if (step.verb === "start" && step.targets.includes(target)) running ??= described;
    if (step.verb === "replace" && step.replace.target === target) running = described;
  }
  return running;
}

/** Where a target of containers answers, as the plan says; null: it does not say. */
export function portOfTarget(name: string, context: PlanContext): number | null {
  const target = context.target(name);
  return target.kind === "containers" ? target.port : null;
}

/** Whether one of the targets stands for this container. */
export function concerns(context: PlanContext, targets: readonly string[], containerId: string): boolean {
  return targets.some((target) => {
    const observed = context.observed(target);
    return observed.kind === "containers" && observed.containers.some(({ Id }) => Id === containerId);
  });
}

function contains(step: Step, id: string): boolean {
  if (step.id === id) return true;
  const inside = [...(step.verb === "parallel" ? step.steps : []), ...(step.undo ?? [])];
  return inside.some((inner) => contains(inner, id));
}

function single(step: Step): Step[] {
  if (step.when !== null && holds(step.when) === false) return [];
  return step.verb === "parallel" ? step.steps.flatMap(single) : [step];
}
