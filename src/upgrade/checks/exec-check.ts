// A command in a container, by its exit code and by what it prints.

import type { Check } from "../plan/check.ts";
import { attempt } from "./attempt.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { allGood, bad, type CheckResult, type Found, found, GOOD } from "./check-result.ts";
import { excerpt, type Redact } from "./excerpt.ts";
import { type ExecOutcome, runExec } from "./run-exec.ts";

type ExecCheck = Extract<Check, { kind: "exec" }>;

const TIMEOUT_MS = 30_000;

export async function checkExec(check: ExecCheck, context: CheckContext): Promise<CheckResult> {
  const containers = await findContainers(check.target, context);
  if (!containers.ok) return containers;
  return allGood(containers.value, (container) => runIn(container, check, context));
}

/** Ids of the containers behind a target; of a Swarm service those on this engine. */
export async function findContainers(
  target: string,
  { targets, world }: Pick<CheckContext, "targets" | "world">,
): Promise<Found<string[]>> {
  const ref = targetRef(target, targets);
  if (ref.kind === "process") return bad(`the target ${target} is a process: nothing can be run in it`);
  const ids =
    ref.kind === "containers"
      ? ref.containers.map((container) => world.containerId(container))
      : await localTasks(ref.service, world);
  return ids.length > 0 ? found(ids) : bad(`the target ${target} has no container on this engine`);
}

async function localTasks(service: string, { engine, signal }: CheckContext["world"]): Promise<string[]> {
  const tasks = await engine.services.tasks(service, signal);
  const ids: string[] = [];
  for (const { Status } of tasks.filter((task) => task.Status.State === "running")) {
    const id = Status.ContainerStatus?.ContainerID;
    if (id && (await engine.containers.inspect(id, signal))) ids.push(id);
  }
  return ids;
}

async function runIn(container: string, check: ExecCheck, { world }: CheckContext): Promise<CheckResult> {
  const what = `${check.command.join(" ")} in ${check.target}`;
  const command = check.command.map((word) => world.reveal(word));
  const redact = (text: string): string => world.redact(text);
  return attempt(
    { clock: world.clock, signal: world.signal, timeoutMs: TIMEOUT_MS },
    async (signal) => judge({ check, what, redact }, await runExec(world, { container, command }, signal)),
    (error) => `${what}: ${error instanceof Error ? error.message : String(error)}`,
  );
}

function judge(
  { check, what, redact }: { check: ExecCheck; what: string; redact: Redact },
  { exitCode, stdout, stderr }: ExecOutcome,
): CheckResult {
  if (exitCode !== check.exitCode) {
    const said = stderr.trim() || stdout.trim();
    return bad(
      `${what}: the exit code is ${exitCode} instead of ${check.exitCode}${said ? `: ${excerpt(said, redact)}` : ""}`,
    );
  }
  if (check.stdout === null || stdout.includes(check.stdout)) return GOOD;
  return bad(`${what}: the output has no ${JSON.stringify(check.stdout)}: ${excerpt(stdout, redact)}`);
}
