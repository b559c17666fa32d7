// Verbs for tests of what is around them: each makes the simplest operation that it could.

import type { VerbName } from "../../src/upgrade/plan/plan.ts";
import type { PlanContext, PlannedOperation, PlanVerb, PlanVerbs } from "../../src/upgrade/verbs/verb.ts";

/** Those that are not written fail when they are used. */
export function handWrittenVerbs(): PlanVerbs {
  const written: Partial<PlanVerbs> = { replace, stop, wait, parallel };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the proxy has every verb
  return new Proxy(written, {
    get: (verbs, verb) => Reflect.get(verbs, verb) ?? missing(String(verb)),
  }) as PlanVerbs;
}

const wait: PlanVerb<"wait"> = ({ forMs }) => ({
  title: "wait",
  operations: [{ as: "wait", kind: "wait", forMs, cause: "the plan says so" }],
});

const stop: PlanVerb<"stop"> = ({ targets, graceMs, signal }, context) => ({
  title: `stop ${targets.join(", ")}`,
  operations: targets.flatMap((target) => stopping(context, target, graceMs, signal)),
});

function stopping(
  context: PlanContext,
  target: string,
  graceMs: number | null,
  signal: string | null,
): PlannedOperation[] {
  return context.containersOf(target).map((container) => {
    return {
      as: "stop",
      kind: "stop-container",
      container,
      graceMs,
      signal,
      wasRunning: true,
      cause: "the plan says so",
    };
  });
}

const replace: PlanVerb<"replace"> = ({ replace: { target } }, context) => {
  const [before] = context.containersOf(target);
  if (!before) throw new Error(`${target} has no container`);
  context.replaceContainer(target, before, { madeBy: context.operationId("create"), name: before.name });
  return {
    title: `replace ${target}`,
    operations: [{ as: "create", kind: "start-container", container: before, cause: "the plan says so" }],
  };
};

const parallel: PlanVerb<"parallel"> = ({ steps }, context) => ({
  title: "side by side",
  operations: [],
  branches: context.planSteps(steps),
});

function missing(verb: string): PlanVerb<VerbName> {
  return () => {
    throw new Error(`${verb} is not written by hand`);
  };
}
