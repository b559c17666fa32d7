// Programs that later steps run inside containers. A missing one is found here, and not when the app is down.

import type { Preflight } from "../../plan/plan.ts";
import { nameOf } from "../../checks/container-address.ts";
import { type ExecOutcome, runExec } from "../../checks/run-exec.ts";
import type { PerformContext } from "../handler.ts";
import type { OperationOf } from "../operation.ts";
import { containersOf } from "./target-containers.ts";

type Wanted = Preflight["commandExists"][number];

/** The engine could not run it; a shell did not find it. */
const MISSING = new Set([126, 127]);
const LOOK_UP = 'command -v "$1" > /dev/null && echo present || echo absent';

export async function commandProblems(
  { preflight, targets }: OperationOf<"preflight">,
  context: PerformContext,
): Promise<string[]> {
  const problems: string[] = [];
  for (const wanted of preflight.commandExists) {
    const containers = await containersOf(wanted.target, targets, context);
    if (containers.length === 0)
      problems.push(`${wanted.target} has no container to look for ${wanted.command}`);
    for (const container of containers) {
      const name = nameOf(container);
      const { Status, Running, Paused } = container.State;
      const problem =
        Running && !Paused
          ? await problemIn({ id: container.Id, name }, wanted, context)
          : `${name} is ${Status}, so it cannot be asked for ${wanted.command}`;
      if (problem !== null) problems.push(problem);
    }
  }
  return problems;
}

async function problemIn(
  { id, name }: { id: string; name: string },
  { command }: Wanted,
  context: PerformContext,
): Promise<string | null> {
  const missing = `${name} has no program ${command}`;
  const shell = await run(id, ["sh", "-c", LOOK_UP, "sh", command], context);
  if (shell.stdout.includes("present")) return null;
  if (shell.stdout.includes("absent")) return missing;
  // No shell in this image: the program itself must tell, and asked for help it should do nothing else.
  const direct = await run(id, [command, "--help"], context);
  return MISSING.has(direct.exitCode) ? missing : null;
}

function run(container: string, command: string[], context: PerformContext): Promise<ExecOutcome> {
  return runExec(context, { container, command }, context.signal);
}
