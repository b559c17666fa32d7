// Where a service stands on its way to a spec, told by its tasks: a pure function of one look. What Swarm says about
// the update as a whole is only an extra, because it says nothing of an update that changed nothing, keeps what it
// said of an earlier one, and stays "updating" for ever where a task finds no place.

import type { ServiceInspect, ServiceSpec, TaskInspect } from "../docker/engine.ts";
import { parseImageRef } from "../docker/image-ref.ts";
import { markOf } from "./service-change.ts";

export type Judgement =
  | { kind: "moving"; running: number; wanted: number; hindrance: string | null }
  /** All tasks run; Swarm still watches the last of them for early failures. */
  | { kind: "watched"; running: number; wanted: number }
  | { kind: "converged"; running: number; wanted: number }
  /** By Swarm, as the service's failure action says. */
  | { kind: "rolled-back"; message: string }
  /** By Swarm; it waits for another update. */
  | { kind: "paused"; message: string }
  /** It has another image, and not by Swarm's doing. */
  | { kind: "superseded"; message: string }
  /** It cannot ever converge. */
  | { kind: "stuck"; message: string };

/** What the service is to have. */
export interface Wanted {
  /** Null: whichever it has. */
  image: string | null;
  /** Of the update that is to be in force; null: any. Without it a rollback that keeps the image is not noticed. */
  mark?: string | null;
}

export function judgeTasks(
  service: ServiceInspect,
  tasks: readonly TaskInspect[],
  wanted: Wanted,
): Judgement {
  const { Spec, UpdateStatus } = service;
  const failure = lastFailure(tasks, wanted.image ?? Spec.TaskTemplate.ContainerSpec.Image);
  if (!isWanted(Spec, wanted)) return judgeOther(service, tasks, failure);
  const state = UpdateStatus?.State;
  if (state === "paused" || state === "rollback_paused")
    return { kind: "paused", message: words(service, failure) };
  return judgeProgress(service, tasks, failure);
}

function isWanted({ TaskTemplate }: ServiceSpec, { image, mark = null }: Wanted): boolean {
  const hasImage = image === null || isSameImage(TaskTemplate.ContainerSpec.Image, image);
  return hasImage && (mark === null || markOf(TaskTemplate) === mark);
}

/** The same repository and tag; and the same digest where both tell one. */
export function isSameImage(one: string, other: string): boolean {
  const [a, b] = [parseImageRef(one), parseImageRef(other)];
  if (a === undefined || b === undefined) return one === other;
  if (a.registry !== b.registry || a.repository !== b.repository) return false;
  if (a.digest !== null && b.digest !== null) return a.digest === b.digest;
  return a.tag === b.tag;
}

function judgeOther(
  service: ServiceInspect,
  tasks: readonly TaskInspect[],
  failure: string | null,
): Judgement {
  const state = service.UpdateStatus?.State;
  const message = words(service, failure);
  if (state === "rollback_completed") return { kind: "rolled-back", message };
  if (state === "rollback_paused") return { kind: "paused", message };
  if (state === "rollback_started")
    return { kind: "moving", ...count(service.Spec, tasks), hindrance: message };
  const { Image } = service.Spec.TaskTemplate.ContainerSpec;
  return { kind: "superseded", message: `somebody else has updated it; its image is ${Image}` };
}

function words({ UpdateStatus }: ServiceInspect, failure: string | null): string {
  return [UpdateStatus?.Message, failure].filter(Boolean).join("; ");
}

function judgeProgress(
  { Spec, UpdateStatus }: ServiceInspect,
  tasks: readonly TaskInspect[],
  failure: string | null,
): Judgement {
  const counted = count(Spec, tasks);
  const waiting = tasks.find((task) => task.DesiredState === "running" && task.Status.State === "pending");
  const reason = waiting?.Status.Err ?? null;
  if (reason !== null && isStartFirst(Spec) && /host-mode port already in use/i.test(reason)) {
    const remedy =
      "the old task keeps the port as long as the new one has not started; use order: stop-first";
    return { kind: "stuck", message: `${reason}: ${remedy}` };
  }
  // More than are wanted: Swarm has not yet told those to end that are scaled away.
  if (counted.running !== counted.wanted || counted.others > 0) {
    return { kind: "moving", running: counted.running, wanted: counted.wanted, hindrance: reason ?? failure };
  }
  const isWatched = UpdateStatus?.State === "updating" || UpdateStatus?.State === "rollback_started";
  return { kind: isWatched ? "watched" : "converged", running: counted.running, wanted: counted.wanted };
}

/** `others`: tasks that are to run with another spec, or do not run yet. */
function count(
  spec: ServiceSpec,
  tasks: readonly TaskInspect[],
): { running: number; wanted: number; others: number } {
  const alive = tasks.filter(({ DesiredState }) => DesiredState === "running");
  const running = alive.filter((task) => task.Status.State === "running" && isOf(task, spec)).length;
  // A global service has as many as there are nodes for it; before it has any, one is to come.
  const wanted = spec.Mode.Replicated?.Replicas ?? Math.max(alive.length, 1);
  return { running, wanted, others: alive.length - running };
}

function isOf(task: TaskInspect, { TaskTemplate }: ServiceSpec): boolean {
  return (
    task.Spec.ContainerSpec.Image === TaskTemplate.ContainerSpec.Image &&
    (task.Spec.ForceUpdate ?? 0) === (TaskTemplate.ForceUpdate ?? 0) &&
    markOf(task.Spec) === markOf(TaskTemplate)
  );
}

function isStartFirst(spec: ServiceSpec): boolean {
  const config: unknown = spec["UpdateConfig"];
  return typeof config === "object" && config !== null && "Order" in config && config.Order === "start-first";
}

/** A task that is replaced or scaled away is `shutdown`; these have ended while they were to run. */
const FAILED_STATES = ["failed", "rejected", "complete"];

/** Why the newest task with this image failed. */
function lastFailure(tasks: readonly TaskInspect[], image: string): string | null {
  const failed = tasks
    .filter(
      ({ Status, Spec }) =>
        FAILED_STATES.includes(Status.State) && isSameImage(Spec.ContainerSpec.Image, image),
    )
    .toSorted((one, other) => one.Status.Timestamp.localeCompare(other.Status.Timestamp));
  const last = failed.at(-1);
  if (last === undefined) return null;
  const times = failed.length === 1 ? "a task" : `${failed.length} tasks`;
  return `${times} with ${image} failed: ${reasonOf(last)}`;
}

function reasonOf({ Status }: TaskInspect): string {
  if (Status.Err !== undefined) return Status.Err;
  if (Status.State !== "complete") return Status.Message ?? Status.State;
  // Of one that is not healthy and exits with 0 when it is told to, Swarm says no more.
  return "it exited with 0 by itself, or was ended because it did not become healthy";
}
