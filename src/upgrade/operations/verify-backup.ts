// Has a command read the backup as the disk has it.

import { pipeCommand } from "../../process/pipe-command.ts";
import type { PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import type { OperationOf, ResolvedVerify } from "./operation.ts";
import { readBackup } from "./read-backup.ts";
import { createExec, type ExecStreams, runExec } from "./run-exec.ts";
import { StepFailure } from "./step-failure.ts";
import { tapLines } from "./tap-lines.ts";

export async function verifyBackup(
  { verify, gzip }: OperationOf<"backup">,
  path: string,
  context: PerformContext,
): Promise<void> {
  if (verify === null) return;
  const lines = new LastLines();
  const quiet = (): ReturnType<typeof tapLines> => tapLines((line) => lines.add(line));
  const streams = { stdin: readBackup(path, gzip), stdout: quiet(), stderr: quiet() };
  const exitCode = await run(verify, streams, context);
  if (exitCode === 0) return;
  const where = verify.kind === "exec" ? ` in ${verify.container.name}` : "";
  const what = `${verify.command[0]}${where} did not accept the backup (exit code ${exitCode ?? "none: killed"})`;
  throw new StepFailure(`${what}${lines.text()}`);
}

async function run(
  verify: ResolvedVerify,
  streams: ExecStreams,
  context: PerformContext,
): Promise<number | null> {
  switch (verify.kind) {
    case "command":
      return pipeCommand(verify.command, context.run.planDirectory, streams, context.signal);
    case "exec": {
      const { container, command } = verify;
      const where = { container: context.containerId(container), name: container.name };
      const request = { ...where, command, user: null, workdir: null, env: {} };
      return runExec(await createExec(request, true, context), streams, context);
    }
  }
}
