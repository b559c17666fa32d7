// Puts back what a backup wrote, if its file is still what was written. It can be done again: what a killed attempt
// has left half done is done anew.

import { dirname } from "node:path";
import { awaitEarlier } from "./await-exec.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { hashFile } from "./hash-file.ts";
import { LastLines } from "./last-lines.ts";
import { runOneOff } from "./one-off-run.ts";
import type { OperationOf, ResolvedSink } from "./operation.ts";
import { readBackup } from "./read-backup.ts";
import { removeLeft } from "./remove-left.ts";
import { createExec, exitOfExec, runExec } from "./run-exec.ts";
import { StepFailure } from "./step-failure.ts";
import { tapLines } from "./tap-lines.ts";

type Restore = OperationOf<"restore">;
type SinkOf<Kind extends ResolvedSink["kind"]> = Extract<ResolvedSink, { kind: Kind }>;

export const restore: Handler<"restore"> = {
  async perform(operation, context) {
    const path = context.fileOf(operation.from);
    await compareSum(operation, path, context);
    await writeSink(operation, path, context);
    return { file: path };
  },
  inverse({ id, into }, outcome, notes) {
    if (outcome !== undefined || into.kind === "path") return [];
    return into.kind === "exec" ? awaitEarlier(into, notes) : removeLeft(id, `the one-off of ${id}`);
  },
};

async function compareSum({ from }: Restore, path: string, context: PerformContext): Promise<void> {
  const expected = context.outcomeOf(from.writtenBy)?.["sha256"];
  const found = await hashFile(path, context.signal).catch((cause: unknown) => {
    context.signal.throwIfAborted();
    throw new StepFailure(`cannot read the backup ${path}`, "needs-a-person", { cause });
  });
  if (found === expected) return;
  const what = `${path} is not what ${from.writtenBy} wrote (sha256 ${found}, expected ${JSON.stringify(expected)})`;
  throw new StepFailure(`${what}; nothing was restored`, "needs-a-person");
}

function writeSink(operation: Restore, path: string, context: PerformContext): Promise<void> {
  const { into, gunzip } = operation;
  switch (into.kind) {
    case "exec":
      return writeExec(operation, into, path, context);
    case "run":
      return runOneOff(operation, into, { stdin: readBackup(path, gunzip) }, context);
    case "path": {
      const id = context.containerId(into.container);
      // The tar of a path begins with its last part.
      const directory = dirname(into.path);
      return context.engine.containers.putArchive(id, directory, readBackup(path, gunzip), context.signal);
    }
  }
}

async function writeExec(
  { gunzip }: Restore,
  into: SinkOf<"exec">,
  path: string,
  context: PerformContext,
): Promise<void> {
  await waitForEarlier(context);
  const { name } = into.container;
  const id = await createExec(
    { ...into, container: context.containerId(into.container), name },
    true,
    context,
  );
  await context.note({ exec: id });
  const lines = new LastLines();
  const log = (line: string): void => {
    lines.add(line);
    context.log(line);
  };
  const streams = { stdin: readBackup(path, gunzip), stdout: tapLines(log), stderr: tapLines(log) };
  const exitCode = await runExec(id, streams, context);
  if (into.successCodes.includes(exitCode)) return;
  throw new StepFailure(`${into.command[0]} in ${name} exited with ${exitCode}${lines.text()}`);
}

/** A killed runner's restore saw the end of its input and may still be at work: two at once would mix. */
async function waitForEarlier(context: PerformContext): Promise<void> {
  const earlier = context.notes["exec"];
  if (typeof earlier !== "string") return;
  const found = await context.engine.exec.inspect(earlier, context.signal);
  if (found?.running) await exitOfExec(earlier, context);
}
