// Where the bytes of a backup come from. Each source writes them into one stream, with back-pressure, ends it, and
// fails when what it wrote may not be all.

import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pipeCommand } from "../../process/pipe-command.ts";
import type { PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import type { OperationOf, ResolvedSource } from "./operation.ts";
import { runOneOff } from "./one-off-run.ts";
import { createExec, runExec } from "./run-exec.ts";
import { StepFailure } from "./step-failure.ts";
import { tapLines } from "./tap-lines.ts";

type SourceOf<Kind extends ResolvedSource["kind"]> = Extract<ResolvedSource, { kind: Kind }>;

export function readSource(
  operation: OperationOf<"backup">,
  into: Writable,
  context: PerformContext,
): Promise<void> {
  const { source } = operation;
  switch (source.kind) {
    case "exec":
      return readExec(source, into, context);
    case "run":
      return runOneOff(operation, source, { stdout: into }, context);
    case "path":
      return readPath(source, into, context);
    case "files":
      return readFiles(source, into, context);
  }
}

async function readExec(source: SourceOf<"exec">, into: Writable, context: PerformContext): Promise<void> {
  const { name } = source.container;
  const request = { ...source, container: context.containerId(source.container), name };
  const lines = new LastLines();
  const stderr = tapLines((line) => shown(line, lines, context));
  const id = await createExec(request, false, context);
  const exitCode = await runExec(id, { stdout: into, stderr }, context);
  if (source.successCodes.includes(exitCode)) return;
  throw new StepFailure(`${source.command[0]} in ${name} exited with ${exitCode}${lines.text()}`);
}

async function readPath(source: SourceOf<"path">, into: Writable, context: PerformContext): Promise<void> {
  const { container, path } = source;
  const id = context.containerId(container);
  const tar = await context.engine.containers.getArchive(id, path, context.signal);
  if (tar === undefined) throw new StepFailure(`there is no ${path} in ${container.name} to back up`);
  await pipeline(tar, into, { signal: context.signal });
}

/** By the machine's own tar, which knows links, owners and sparse files. */
async function readFiles(
  { paths }: SourceOf<"files">,
  into: Writable,
  context: PerformContext,
): Promise<void> {
  const lines = new LastLines();
  const stderr = tapLines((line) => shown(line, lines, context));
  const command = ["tar", "-c", "-f", "-", "--", ...paths];
  const streams = { stdout: into, stderr };
  const exitCode = await pipeCommand(command, context.run.planDirectory, streams, context.signal);
  if (exitCode === 0) return;
  throw new StepFailure(`tar of ${paths.join(", ")} exited with ${exitCode ?? "a signal"}${lines.text()}`);
}

function shown(line: string, lines: LastLines, context: PerformContext): void {
  lines.add(line);
  context.log(line);
}
