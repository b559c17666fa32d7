// The verbs that look, wait and ask: one operation each.

import { formatDuration } from "../../lib/duration.ts";
import type { Step } from "../plan/plan.ts";
import { describeChecks } from "./describe-check.ts";
import { withInner } from "./preflight.ts";
import type { PlanVerb } from "./verb.ts";

export const planHealthy: PlanVerb<"healthy"> = (step, context) => {
  const { checks, target, forMs, timeoutMs: waitMs, intervalMs } = step;
  const long = forMs === 0 ? "" : ` for ${formatDuration(forMs)}`;
  const cause = `what follows needs it good${long}`;
  return {
    title: `wait until it is good${long}: ${describeChecks(checks, target)}`,
    operations: [
      {
        as: "check",
        kind: "check",
        cause,
        checks,
        target,
        targets: context.refs(),
        forMs,
        waitMs,
        intervalMs,
      },
    ],
  };
};

export const planCheck: PlanVerb<"check"> = ({ checks, target }, context) => ({
  title: `check ${describeChecks(checks, target)}`,
  operations: [
    {
      as: "check",
      kind: "check",
      cause: "what follows needs it so",
      checks,
      target,
      targets: context.refs(),
      forMs: 0,
      waitMs: 0,
      intervalMs: 0,
    },
  ],
});

export const planObserve: PlanVerb<"observe"> = ({ observe }, context) => ({
  title: `observe for ${formatDuration(observe.forMs)}`,
  operations: [
    {
      as: "observe",
      kind: "observe",
      cause: "a new version can still fail when its users are back",
      observe,
      watched: observe.targets ?? changedTargets(context.plan.steps),
      targets: context.refs(),
    },
  ],
});

/** All that the plan replaces, starts or updates, each once. */
function changedTargets(steps: readonly Step[]): string[] {
  const changed = withInner(steps).flatMap((step) => {
    if (step.verb === "replace") return [step.replace.target];
    if (step.verb === "update") return step.update.targets;
    return step.verb === "start" ? step.targets : [];
  });
  return [...new Set(changed)];
}

export const planConfirm: PlanVerb<"confirm"> = ({ prompt, waitMs, otherwise }) => ({
  title: `ask: ${prompt}`,
  operations: [{ as: "confirm", kind: "confirm", cause: "a person decides here", prompt, waitMs, otherwise }],
});

export const planWait: PlanVerb<"wait"> = ({ forMs }) => ({
  title: `wait ${formatDuration(forMs)}`,
  operations: [{ as: "wait", kind: "wait", cause: "the plan gives it time", forMs }],
});
