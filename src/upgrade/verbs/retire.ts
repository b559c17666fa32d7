// Lets go of what replacements have left: of containers that were replaced in place the older ones, which are stopped
// already; of those that were replaced beside, the former one, which is stopped now.

import { isDeepStrictEqual } from "node:util";
import type { ContainerInspect } from "../../docker/engine.ts";
import { nameOfOld } from "../../docker/set-aside.ts";
import type { StepOf } from "../plan/plan.ts";
import { isCertain, stepsAround } from "./plan-position.ts";
import { baseName } from "./base-name.ts";
import { reasonsNotToStop, refuse } from "./touchable.ts";
import type { PlanContext, PlannedOperation, PlanVerb } from "./verb.ts";

type RetireStep = StepOf<"retire">;

export const planRetire: PlanVerb<"retire"> = (step, context) => {
  const { target, keep } = step;
  const observed = context.observed(target);
  if (observed.kind !== "containers") {
    refuse([`${target} is no container; of services and processes nothing is kept that could be retired`]);
    return { title: `retire ${target}`, operations: [] };
  }
  const former = isReplacedBeside(step, context) ? observed.containers : [];
  const stops = former.flatMap((container, index) => setAside(container, index, context));
  const names = [...new Set(observed.containers.map(baseName))];
  const removals = names.map((name, index): PlannedOperation => ({
    as: `remove-old${suffixOf(index)}`,
    kind: "retire-containers",
    cause: keep === 0 ? "no way back is needed any more" : `the newest ${keep} are enough for a way back`,
    name,
    target,
    keep,
  }));
  return {
    title: `retire the old containers of ${target}, but for ${keep}`,
    operations: [...stops, ...removals],
  };
};

/** Whether the former containers still run. Where that depends on a condition, this step must depend on it too. */
function isReplacedBeside(step: RetireStep, context: PlanContext): boolean {
  const { before } = stepsAround(context.plan, step.id);
  const replace = before.findLast((each) => each.verb === "replace" && each.replace.target === step.target);
  if (replace?.verb !== "replace" || replace.replace.mode !== "beside") return false;
  if (!isCertain(replace) && !isDeepStrictEqual(replace.when, step.when)) {
    refuse([
      `it stops the former container of ${step.target}, but whether ${replace.id} has put one beside it is not certain; give this step the same "when"`,
    ]);
  }
  return true;
}

/** Like one that was replaced in place: stopped, kept, and out of the way of whoever looks for the target by name. */
function setAside(container: ContainerInspect, index: number, context: PlanContext): PlannedOperation[] {
  refuse(reasonsNotToStop(container, context));
  const name = container.Name.replace(/^\//, "");
  const ref = { id: container.Id, name };
  const suffix = suffixOf(index);
  const before = container.HostConfig.RestartPolicy;
  const policy = { Name: "no", MaximumRetryCount: 0 };
  const cause = "it must not come back when the machine starts";
  const aside = nameOfOld(baseName(container), context.run);
  return [
    { as: `keep-old-down${suffix}`, kind: "set-restart-policy", cause, container: ref, policy, before },
    {
      as: `stop-old${suffix}`,
      kind: "stop-container",
      cause: "the new one serves in its stead",
      container: ref,
      graceMs: null,
      signal: null,
      wasRunning: container.State.Running,
    },
    {
      as: `rename-old${suffix}`,
      kind: "rename-container",
      cause: "it is kept for the way back, and is not the target any more",
      container: ref,
      from: name,
      to: aside,
    },
  ];
}

function suffixOf(index: number): string {
  return index === 0 ? "" : `-${index + 1}`;
}
