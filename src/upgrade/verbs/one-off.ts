// A one-off as operations: a container like another that does its work once, or a job of a Swarm. Each of its parts
// finds out after a crash what was done, so the work itself is begun once.

import { createHash } from "node:crypto";
import { joinsOf } from "../../docker/clone-container.ts";
import type { ContainerChange, ContainerRef } from "../operations/operation.ts";
import type { OneOff } from "../plan/plan.ts";
import { type OneContainer, oneContainer, problem } from "./one-container.ts";
import { serviceOf } from "./swarm-service.ts";
import type { PlanContext, PlannedOperation } from "./verb.ts";

/** The longest name of a service. */
const LONGEST_SERVICE = 63;

/** @param part begins the names of the operations where a step has several one-offs; empty: none. */
export function planOneOff(
  work: OneOff,
  cause: string,
  part: string,
  context: PlanContext,
): PlannedOperation[] {
  switch (context.target(work.like).kind) {
    case "containers":
      return asContainer(work, cause, part, context);
    case "swarm":
      return asJob(work, cause, part, context);
    case "process":
      throw problem(`${work.like} is a process, which no container can be like; use \`command\``);
  }
}

function asContainer(work: OneOff, cause: string, part: string, context: PlanContext): PlannedOperation[] {
  const like = oneContainer(work.like, "`like`", context);
  const as = (name: string): string => `${part}${name}`;
  const name = `${like.ref.name}.holdgate-${markOf(part, context)}-${context.run}`;
  const container: ContainerRef = { madeBy: context.operationId(as("create")), name };
  const { waitMs, successCodes, output } = work;
  return [
    {
      as: as("create"),
      kind: "create-container",
      cause,
      like: like.ref,
      name,
      image: imageOfOneOff(work, like, context),
      platform: null,
      role: "one-off",
      change: changeOf(work),
    },
    ...joins(like, container, as),
    { as: as("start"), kind: "start-container", cause, container },
    {
      as: as("exit"),
      kind: "await-exit",
      cause: "its exit code says whether it has done its work",
      container,
      waitMs,
      successCodes,
      output,
    },
    {
      as: as("remove"),
      kind: "remove-container",
      cause: "it has done its work; its log is kept",
      container,
      saveLogs: true,
    },
  ];
}

/** Older engines create a container in one network only. */
function joins(
  { before }: OneContainer,
  container: ContainerRef,
  as: (name: string) => string,
): PlannedOperation[] {
  if (before === undefined) return [];
  return joinsOf(before, "one-off").others.map(({ network, endpoint }) => ({
    as: as(`connect-${network}`),
    kind: "connect-network",
    cause: `it must reach what it reaches in ${network}`,
    container,
    network,
    endpoint,
  }));
}

function asJob(work: OneOff, cause: string, part: string, context: PlanContext): PlannedOperation[] {
  const { image, command, env, waitMs, successCodes, output } = work;
  refuseForJob(work);
  const like = serviceOf(work.like, context).Spec.Name;
  const name = jobName(like, markOf(part, context), context.run);
  return [
    { as: `${part}create`, kind: "create-job", cause, like, name, image, command, env },
    {
      as: `${part}exit`,
      kind: "await-job",
      cause: "the exit code of its task says whether it has done its work",
      name,
      waitMs,
      successCodes,
      output,
    },
    { as: `${part}remove`, kind: "remove-service", cause: "it has done its work", name },
  ];
}

function refuseForJob({ like, entrypoint, user, workdir, volumes }: OneOff): void {
  const given = Object.entries({ entrypoint, user, workdir, volumes: volumes.length > 0 ? volumes : null });
  const refused = given.flatMap(([key, value]) => (value === null ? [] : [key]));
  if (refused.length === 0) return;
  throw problem(
    `${like} is a Swarm service, and its job takes ${refused.join(", ")} from it; leave that out`,
  );
}

/**
 * Never cut in the run, which is what makes it one of this run; where the mark is cut, a sum stands for all of it: a
 * job that has the name of another is taken for that one, and its work is not done.
 */
function jobName(service: string, mark: string, run: string): string {
  const end = `-${run}`.replaceAll(/[^A-Za-z0-9-]/g, "-");
  const head = `${service}-holdgate-${mark}`.replaceAll(/[^A-Za-z0-9_.-]/g, "-");
  if (head.length + end.length <= LONGEST_SERVICE) return `${head}${end}`;
  const sum = `-${createHash("sha256").update(head).digest("hex").slice(0, 8)}`;
  const room = LONGEST_SERVICE - end.length - sum.length;
  return `${head.slice(0, room).replace(/[-_.]+$/, "")}${sum}${end}`;
}

/** `migrate-app`; within a way back `replace-app-undo`. */
function markOf(part: string, context: PlanContext): string {
  return context.operationId(part.replace(/-$/, "")).replaceAll(/\.+/g, "-").replace(/-$/, "");
}

export function changeOf({ env, command, entrypoint, user, workdir, volumes }: OneOff): ContainerChange {
  const over = { env, command, entrypoint, user, workdir, volumes };
  return { mode: "one-off", ...over, labels: {}, assumeAllExplicit: false };
}

/** Without one of its own that of `like`: of the new container, where the run has replaced it by then. */
export function imageOfOneOff(
  { like, image }: OneOff,
  { ref, before }: OneContainer,
  context: PlanContext,
): string {
  if (image !== null) return image;
  const newest = "id" in ref ? null : replacedWith(like, context);
  const found = newest ?? before?.Image;
  if (found === undefined)
    throw problem(`which image the one-off like ${like} is to have cannot be told; give \`image\``);
  return found;
}

function replacedWith(target: string, { plan }: PlanContext): string | null {
  const images = plan.steps.flatMap((step) => {
    return step.verb === "replace" && step.replace.target === target ? [step.replace.image] : [];
  });
  return images.at(-1) ?? null;
}
