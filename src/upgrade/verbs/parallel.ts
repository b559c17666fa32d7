// Steps side by side.

import type { PlanVerb } from "./verb.ts";

export const planParallel: PlanVerb<"parallel"> = ({ steps }, context) => ({
  title: `side by side: ${steps.map(({ id }) => id).join(", ")}`,
  operations: [],
  branches: context.planSteps(steps),
});
