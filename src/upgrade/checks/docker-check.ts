// Whether the engine calls every container of a target healthy. One without a health check counts when it runs.

import type { Check } from "../plan/check.ts";
import type { ContainerInspect, TaskInspect } from "../../docker/engine.ts";
import type { ContainerRef } from "../operations/operation.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { allGood, bad, type CheckResult, GOOD } from "./check-result.ts";
import { nameOf } from "./container-address.ts";
import { excerpt, type Redact } from "./excerpt.ts";
import { gone } from "./find-origins.ts";

type DockerCheck = Extract<Check, { kind: "docker" }>;

export async function checkDocker({ target }: DockerCheck, context: CheckContext): Promise<CheckResult> {
  const ref = targetRef(target, context.targets);
  switch (ref.kind) {
    case "containers":
      if (ref.containers.length === 0) return bad(`the target ${target} has no container`);
      return allGood(ref.containers, (container) => checkContainer(container, context));
    case "swarm":
      return checkTasks(target, await context.world.engine.services.tasks(ref.service, context.world.signal));
    case "process":
      return bad(`the target ${target} is a process, of which the engine knows nothing`);
  }
}

async function checkContainer(ref: ContainerRef, { world }: CheckContext): Promise<CheckResult> {
  const container = await world.engine.containers.inspect(world.containerId(ref), world.signal);
  return container ? judgeContainer(container, (text) => world.redact(text)) : gone(ref);
}

export function judgeContainer(container: ContainerInspect, redact: Redact): CheckResult {
  const { Status, Running, Paused, ExitCode, Health } = container.State;
  const name = nameOf(container);
  if (!Running) return bad(`${name} is ${Status}${Status === "exited" ? ` with exit code ${ExitCode}` : ""}`);
  if (Paused) return bad(`${name} is paused`);
  if (Status === "restarting") return bad(`${name} is restarting after exit code ${ExitCode}`);
  if (!Health || Health.Status === "none" || Health.Status === "healthy") return GOOD;
  const said = Health.Log?.at(-1)?.Output.trim();
  return bad(`${name} is ${Health.Status}${said ? `: ${excerpt(said, redact)}` : ""}`);
}

/** A task counts as running only when its health check is good. */
export function checkTasks(target: string, tasks: TaskInspect[]): CheckResult {
  const wanted = tasks.filter(({ DesiredState }) => DesiredState === "running");
  if (wanted.length === 0) return bad(`no task of ${target} is meant to run`);
  const waiting = wanted.filter(({ Status }) => Status.State !== "running");
  const [first] = waiting;
  if (!first) return GOOD;
  const why = first.Status.Err ? `: ${first.Status.Err}` : "";
  return bad(
    `${waiting.length} of ${wanted.length} tasks of ${target} do not run, one is ${first.Status.State}${why}`,
  );
}
