// The verbs for Swarm services: update, scale.

import type { ServiceUpdate } from "../plan/plan.ts";
import type { ServiceChange } from "../operations/operation.ts";
import { problem } from "./one-container.ts";
import { serviceOf } from "./swarm-service.ts";
import type { PlanContext, PlannedOperation, PlanVerb } from "./verb.ts";

const SCALE_WAIT_MS = 300_000;

export const planUpdate: PlanVerb<"update"> = ({ update }, context) => ({
  title: `update ${update.targets.join(", ")} to ${update.image}`,
  operations: update.targets.flatMap((target) => planOne(target, update, context)),
});

/** One service after the other: the next one may need this one's new version. */
function planOne(target: string, update: ServiceUpdate, context: PlanContext): PlannedOperation[] {
  const { ID: service, Spec } = serviceOf(target, context);
  const name = Spec.Name;
  return [
    {
      as: `update-${target}`,
      kind: "update-service",
      cause: `${name} is to run ${update.image}`,
      service,
      name,
      vaultKey: context.operationId(`update-${target}`),
      change: changeOf(update),
    },
    {
      as: `await-${target}`,
      kind: "await-convergence",
      cause: "what follows needs all its tasks on the new image",
      service,
      name,
      image: update.image,
      waitMs: update.convergeMs,
      updatedBy: context.operationId(`update-${target}`),
    },
  ];
}

function changeOf(update: ServiceUpdate): ServiceChange {
  const { image, env, parallelism, delayMs, order, failureAction, monitorMs, maxFailureRatio } = update;
  return { image, env, parallelism, delayMs, order, failureAction, monitorMs, maxFailureRatio };
}

export const planScale: PlanVerb<"scale"> = ({ target, replicas }, context) => {
  const { ID: service, Spec } = serviceOf(target, context);
  const before = Spec.Mode.Replicated?.Replicas;
  if (before === undefined)
    throw problem(`${Spec.Name} is not replicated, so it has no number of replicas to set`);
  const common = { service, name: Spec.Name };
  return {
    title: `scale ${target} from ${before} to ${replicas}`,
    operations: [
      { as: "scale", kind: "scale-service", cause: "the plan wants this many", ...common, replicas, before },
      {
        as: "await",
        kind: "await-convergence",
        cause: "what follows needs all of them running",
        ...common,
        image: null,
        waitMs: SCALE_WAIT_MS,
      },
    ],
  };
};
