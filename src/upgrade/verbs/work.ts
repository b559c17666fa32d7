// The verbs for one-off work: run, exec, migrate.

import { changeOf, imageOfOneOff, planOneOff } from "./one-off.ts";
import { oneContainer, problem } from "./one-container.ts";
import type { PlanContext, PlannedOperation, PlanVerb } from "./verb.ts";
import type { OneOff, StepOf } from "../plan/plan.ts";

export const planRun: PlanVerb<"run"> = ({ run }, context) => ({
  title: `run ${shown(run.command)} like ${run.like}`,
  operations: planOneOff(run, "work that the plan wants done once", "", context),
});

export const planExec: PlanVerb<"exec"> = ({ exec }, context) => {
  const { target, ...work } = exec;
  const { ref } = oneContainer(target, "`exec`", context);
  return {
    title: `run ${shown(exec.command)} in ${target}`,
    operations: [
      { as: "run", kind: "exec", cause: `the plan wants it done in ${target}`, container: ref, ...work },
    ],
  };
};

export const planMigrate: PlanVerb<"migrate"> = (step, context) => {
  const { run, down } = step;
  const work = planOneOff(run, "the data must fit the new version before it serves", "", context);
  return {
    title: `migrate with ${shown(run.command)} like ${run.like}`,
    operations: [...planPending(step, context), ...work],
    ...(down !== null && { undo: planDown(run, down, context) }),
  };
};

function planPending({ run, pending }: StepOf<"migrate">, context: PlanContext): PlannedOperation[] {
  if (pending === null) return [];
  if (context.target(run.like).kind === "swarm") {
    throw problem(`\`pending\` is asked in a container, and ${run.like} is a Swarm service; leave it out`);
  }
  const like = oneContainer(run.like, "`pending`", context);
  return [
    {
      as: "pending",
      kind: "read-pending",
      cause: "where nothing is pending, nothing is migrated, and the way back stays free",
      like: like.ref,
      image: imageOfOneOff(run, like, context),
      command: pending,
      change: changeOf(run),
    },
  ];
}

/** With the image of the migration: an older one does not know the way back from what came after it. */
function planDown(run: OneOff, down: string[], context: PlanContext): PlannedOperation[] {
  const back = { ...run, command: down, output: null };
  return planOneOff(back, "takes back what the migration has changed", "down-", context);
}

function shown(command: string[] | null): string {
  return command === null ? "its command" : command.join(" ");
}
