// The log of a container that is about to go: what a failed new version had to say is the first thing asked for.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../docker/engine-error.ts";
import type { ContainerInspect } from "../../docker/engine.ts";
import { nameOf } from "./find-container.ts";
import type { PerformContext } from "./handler.ts";

const MAX_LINES = 20_000;

/** Its path; null: none could be had, which is no reason to leave the container there. */
export async function saveLogs(container: ContainerInspect, context: PerformContext): Promise<string | null> {
  const lines = await readLog(container, context);
  if (lines === null || lines.length === 0) return null;
  const directory = join(context.run.directory, "logs");
  const path = join(directory, `${nameOf(container)}.log`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, `${lines.join("\n")}\n`, { mode: 0o600 });
  return path;
}

async function readLog(container: ContainerInspect, context: PerformContext): Promise<string[] | null> {
  const { engine, signal } = context;
  const lines: string[] = [];
  try {
    const options = { follow: false, tail: MAX_LINES };
    await engine.containers.logs(
      container.Id,
      options,
      ({ text }) => lines.push(context.redact(text)),
      signal,
    );
    return lines;
  } catch (error) {
    // Some log drivers cannot be read.
    if (!(error instanceof EngineError) || error.kind === "unreachable") throw error;
    context.log(`the log of ${nameOf(container)} could not be saved: ${error.message}`);
    return null;
  }
}
