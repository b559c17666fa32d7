// Whether a plan has to do with Docker at all: an app that the runner starts by itself needs none.

import { flatten } from "../plan/name-steps.ts";
import type { Plan, Step } from "../plan/plan.ts";

export function needsEngine({ targets, steps }: Plan): boolean {
  return (
    Object.values(targets).some(({ kind }) => kind !== "process") ||
    flatten(steps).some(({ step }) => usesEngine(step))
  );
}

// Whatever acts on a container names a target; these work on the engine itself.
function usesEngine(step: Step): boolean {
  if (step.verb === "preflight") {
    const { engine, swarm, images, diskFree } = step.preflight;
    return engine !== null || swarm || images.length > 0 || (diskFree !== null && diskFree.path === null);
  }
  return step.verb === "pull" || step.verb === "load" || step.verb === "sync";
}
