// Runs a short command in a container to find something out; its output is bounded. What it does to the container
// is its own affair: nothing is undone, and a deadline leaves it running, since the engine cannot end an exec.

import type { Engine } from "../../docker/engine.ts";
import type { Clock } from "../../lib/clock.ts";
import { sleep } from "../../lib/sleep.ts";
import { BoundedOutput } from "./bounded-output.ts";

export interface ExecOutcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const OUTPUT_LIMIT_BYTES = 1024 * 1024;
const POLL_MS = 20;

export async function runExec(
  { engine, clock }: { engine: Engine; clock: Clock },
  { container, command }: { container: string; command: readonly string[] },
  signal: AbortSignal,
): Promise<ExecOutcome> {
  const id = await engine.exec.create(container, { command }, signal);
  const stdout = new BoundedOutput(OUTPUT_LIMIT_BYTES);
  const stderr = new BoundedOutput(OUTPUT_LIMIT_BYTES);
  await engine.exec.start(id, { stdout, stderr }, signal);
  for (;;) {
    const exec = await engine.exec.inspect(id, signal);
    if (!exec) throw new Error("the engine has forgotten the command before it had ended");
    // Its output may have ended a moment before it has.
    if (exec.exitCode !== null) return { exitCode: exec.exitCode, stdout: stdout.text, stderr: stderr.text };
    await sleep(clock, POLL_MS, signal);
  }
}
