// A command inside a container that runs, once: what happened is found out by its id after a crash.

import { resolve } from "node:path";
import { awaitEarlier } from "./await-exec.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import type { OperationOf } from "./operation.ts";
import { PartialFile } from "./partial-file.ts";
import {
  createExec,
  type ExecRequest,
  exitOfExec,
  isStarted,
  isStartedAlready,
  lookAtExec,
  runExec,
} from "./run-exec.ts";
import { StepFailure } from "./step-failure.ts";
import { tapLines } from "./tap-lines.ts";

type Exec = OperationOf<"exec">;

export const exec: Handler<"exec"> = {
  async perform(operation, context) {
    const lines = new LastLines();
    const { exitCode, output, outputLost } = await once(operation, lines, context);
    if (!operation.successCodes.includes(exitCode)) throw failure(operation, exitCode, lines);
    return { exitCode, output, outputLost };
  },
  inverse: (operation, outcome, notes) => (outcome === undefined ? awaitEarlier(operation, notes) : []),
};

interface Ended {
  exitCode: number;
  /** Where its output was kept. */
  output: string | null;
  outputLost: boolean;
}

async function once(operation: Exec, lines: LastLines, context: PerformContext): Promise<Ended> {
  const noted = context.notes["exec"];
  if (typeof noted !== "string") {
    const id = await createExec(requestOf(operation, context), false, context);
    await context.note({ exec: id });
    return run(id, operation, lines, context);
  }
  if (!isStarted(await lookAtExec(noted, context))) return run(noted, operation, lines, context);
  return waitFor(noted, context);
}

async function run(id: string, operation: Exec, lines: LastLines, context: PerformContext): Promise<Ended> {
  const path = operation.output === null ? null : resolve(context.run.directory, operation.output);
  const file = path === null ? null : await PartialFile.create(path);
  const log = (line: string): void => {
    lines.add(line);
    context.log(line);
  };
  try {
    const streams = { stdout: tapLines(log, file?.stream()), stderr: tapLines(log) };
    const exitCode = await runExec(id, streams, context);
    await file?.sync();
    await file?.keep({ replace: true });
    return { exitCode, output: path, outputLost: false };
  } catch (error) {
    await file?.discard();
    // The answer to an earlier start was lost on the way, but it had arrived.
    if (isStartedAlready(error)) return waitFor(id, context);
    throw error;
  }
}

async function waitFor(id: string, context: PerformContext): Promise<Ended> {
  context.log("it was started before and runs on, or has ended; what it wrote is lost");
  return { exitCode: await exitOfExec(id, context), output: null, outputLost: true };
}

function requestOf(operation: Exec, context: PerformContext): ExecRequest {
  return {
    ...operation,
    container: context.containerId(operation.container),
    name: operation.container.name,
  };
}

function failure(
  { command, container, successCodes }: Exec,
  exitCode: number,
  lines: LastLines,
): StepFailure {
  const allowed = successCodes.length === 1 ? "" : ` (allowed: ${successCodes.join(", ")})`;
  return new StepFailure(
    `${command[0]} in ${container.name} exited with ${exitCode}${allowed}${lines.text()}`,
  );
}
