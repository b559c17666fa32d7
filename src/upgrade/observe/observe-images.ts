// The images that a plan names and those that its containers run, as far as the engine has them.

import type { Engine, ImageInspect } from "../../docker/engine.ts";
import { flatten } from "../plan/name-steps.ts";
import type { DataSink, DataSource, Plan, Step } from "../plan/plan.ts";
import type { TargetObservation } from "./observation.ts";

/** By the name or id that was asked for; undefined: not on this engine. */
export async function observeImages(
  engine: Engine,
  plan: Plan,
  targets: Readonly<Record<string, TargetObservation>>,
  signal?: AbortSignal,
): Promise<Record<string, ImageInspect | undefined>> {
  const images: Record<string, ImageInspect | undefined> = {};
  for (const ref of new Set([...imagesInPlan(plan), ...Object.values(targets).flatMap(imagesIn)])) {
    images[ref] = await engine.images.inspect(ref, signal);
  }
  return images;
}

export function imagesInPlan({ steps }: Plan): string[] {
  return [...new Set(flatten(steps).flatMap(({ step }) => imagesOf(step)))];
}

// By id, because a name may mean another image by now, and by name, to see whether it does.
function imagesIn(target: TargetObservation): string[] {
  switch (target.kind) {
    case "containers":
      return target.containers.flatMap(({ Image, Config }) => [Image, Config.Image]);
    case "swarm":
      return target.service ? [target.service.Spec.TaskTemplate.ContainerSpec.Image] : [];
    case "process":
      return [];
  }
}

function imagesOf(step: Step): string[] {
  switch (step.verb) {
    case "preflight":
      return step.preflight.images;
    case "pull":
    case "load":
    case "sync":
      return [step.image];
    case "replace":
      return given(step.replace.image);
    case "update":
      return [step.update.image];
    case "run":
    case "migrate":
      return given(step.run.image);
    case "backup":
      return inData(step.source);
    case "restore":
      return inData(step.into);
    case "healthy":
    case "check":
    case "observe":
    case "confirm":
    case "wait":
    case "announce":
    case "maintenance":
    case "hold":
    case "release":
    case "candidate":
    case "canary":
    case "cutover":
    case "stop":
    case "start":
    case "pause":
    case "unpause":
    case "retire":
    case "exec":
    case "scale":
    case "http":
    case "command":
    case "parallel":
      return [];
  }
}

function inData(data: DataSource | DataSink): string[] {
  return data.kind === "run" ? given(data.image) : [];
}

function given(image: string | null): string[] {
  return image === null ? [] : [image];
}
