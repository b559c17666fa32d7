// Which containers an upgrade must not stop, replace or remove. Found before anything is touched.

import type { ContainerInspect } from "../../docker/engine.ts";
import type { Dependent } from "../../docker/read-neighbours.ts";
import { PlanProblem } from "../plan/plan-problem.ts";
import { concerns, isCertain, stepsAround } from "./plan-position.ts";
import type { PlanContext } from "./verb.ts";

/** @throws {PlanProblem} with all that speaks against it. */
export function refuse(texts: readonly string[]): void {
  if (texts.length === 0) return;
  throw new PlanProblem(texts.map((text) => ({ place: null, text })));
}

/** What speaks against stopping it. */
export function reasonsNotToStop(container: ContainerInspect, { observation }: PlanContext): string[] {
  const name = nameOf(container);
  const keeper = observation.neighbours?.keepers.find(({ id }) => id === container.Id);
  return [
    ...(keeper === undefined
      ? []
      : [`${name} is the ${keeper.what} that carries out this upgrade; it cannot stop itself`]),
    ...(container.HostConfig.AutoRemove
      ? [
          `${name} was started with --rm, so stopping it deletes it, and there would be no way back; recreate it without --rm first (the engine cannot change that of a container)`,
        ]
      : []),
    ...notOfSwarm(container),
  ];
}

export function notOfSwarm({ Name, Config: { Labels } }: ContainerInspect): string[] {
  if (Labels["com.docker.swarm.task.id"] === undefined && Labels["com.docker.swarm.task"] === undefined)
    return [];
  const service = Labels["com.docker.swarm.service.name"] ?? "its service";
  return [
    `${Name.replace(/^\//, "")} is a task of the Swarm service ${service}, which would put another in its place; use "update" or "scale" with the target { swarm: ${service} }`,
  ];
}

/** What speaks against putting another in its place. */
export function reasonsNotToReplace(
  step: { id: string },
  container: ContainerInspect,
  context: PlanContext,
  { assumeAllExplicit }: { assumeAllExplicit: boolean },
): string[] {
  const name = nameOf(container);
  const isGone = context.imageOf(container.Image) === undefined;
  return [
    ...reasonsNotToStop(container, context),
    ...(isGone && !assumeAllExplicit
      ? [
          `the image that ${name} was made from (${container.Image}, then called ${container.Config.Image}) is gone, so what it has from there cannot be told from its own settings; pull it again, or set assumeAllExplicit: true to carry over everything`,
        ]
      : []),
    ...leftBehind(step, container, context).map((dependent) => textOf(dependent, name)),
  ];
}

/** Those that would hold on to the old container, and that the plan does not look after. */
function leftBehind(step: { id: string }, container: ContainerInspect, context: PlanContext): Dependent[] {
  const { before, after } = stepsAround(context.plan, step.id);
  const all = context.observation.neighbours?.dependents ?? [];
  return all.filter(({ id, on }) => {
    if (on !== container.Id) return false;
    const isStopped = before.some(
      (each) => each.verb === "stop" && isCertain(each) && concerns(context, each.targets, id),
    );
    const isReplaced = after.some(
      (each) => each.verb === "replace" && isCertain(each) && concerns(context, [each.replace.target], id),
    );
    return !(isStopped && isReplaced);
  });
}

/** Stopped before, because its old self could not start on the way back while that of the other is still stopped. */
function textOf({ name, by }: Dependent, on: string): string {
  const tie = by === "link" ? `is linked to ${on} in the default network` : `shares the ${by} of ${on}`;
  const more = by === "link" ? "; or put both into a network of their own, where links go by name" : "";
  return `${name} ${tie} and would hold on to the old container: make it a target, "stop" it before this step and "replace" it after${more}`;
}

export function nameOf({ Name }: ContainerInspect): string {
  return Name.replace(/^\//, "");
}
