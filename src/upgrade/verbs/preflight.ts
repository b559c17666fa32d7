// Looks before anything is touched.

import type { Preflight, Step } from "../plan/plan.ts";
import type { PlanVerb } from "./verb.ts";

export const planPreflight: PlanVerb<"preflight"> = ({ preflight }, context) => ({
  title: `look whether ${partsOf(preflight)}`,
  operations: [
    {
      as: "preflight",
      kind: "preflight",
      cause: "what is wrong must be found before anything is touched",
      preflight,
      carried: carriedFiles(context.plan.steps),
      targets: context.refs(),
    },
  ],
});

function partsOf(preflight: Preflight): string {
  const { engine, diskFree, noDrift, images, commandExists, healthy, swarm, checks } = preflight;
  const parts = [
    engine === null ? "" : "the engine is new enough",
    diskFree === null ? "" : "there is disk space",
    noDrift.length === 0 ? "" : `nothing is lost with ${noDrift.join(", ")}`,
    images.length === 0 ? "" : "the images can be had",
    commandExists.length === 0 ? "" : "the programs are there",
    healthy.length === 0 ? "" : `${healthy.join(", ")} ${healthy.length === 1 ? "is" : "are"} healthy`,
    swarm ? "the swarm is ready" : "",
    checks.length === 0 ? "" : "the checks are good",
  ].filter((part) => part !== "");
  return parts.join(", ") || "all is as it must be";
}

/** What replacements take along, so that it is no loss. */
function carriedFiles(steps: readonly Step[]): Record<string, string[]> {
  const carried: Record<string, string[]> = {};
  for (const step of withInner(steps)) {
    if (step.verb !== "replace") continue;
    const { target, carryFiles } = step.replace;
    carried[target] = [...(carried[target] ?? []), ...carryFiles];
  }
  return carried;
}

/** Steps with those of `parallel`. */
export function withInner(steps: readonly Step[]): Step[] {
  return steps.flatMap((step) => (step.verb === "parallel" ? withInner(step.steps) : [step]));
}
