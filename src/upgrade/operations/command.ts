// A command on the runner's machine, exactly once: it runs under a name of its own, so that a runner that comes after
// a killed one finds it, running or ended.

import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { sleep } from "../../lib/sleep.ts";
import type { HostedProcess } from "../../process/process-host.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import type { OperationOf } from "./operation.ts";
import { redactFile } from "./redact-file.ts";
import { revealValues } from "./reveal-env.ts";
import { startKey } from "./start-key.ts";
import { StepFailure } from "./step-failure.ts";

type Command = OperationOf<"command">;

const LOOK_MS = 100;
/** From SIGTERM to SIGKILL, when the step is given up. */
const GRACE_MS = 10_000;

export const command: Handler<"command"> = {
  async perform(operation, context) {
    const name = nameOf(operation, context);
    const key = await startKey(operation.id, context, { process: name });
    const started = await context.processes.start(name, key, {
      command: operation.command,
      cwd: resolve(context.run.planDirectory, operation.cwd ?? "."),
      env: revealValues(operation.env, context),
      about: {},
    });
    const lines = new LastLines();
    const exitCode = await exitOf(started, lines, context);
    await redactOutput(started, context);
    if (exitCode !== null && operation.successCodes.includes(exitCode))
      return { exitCode, output: started.stdout };
    throw failure(operation, exitCode, lines);
  },
  inverse(operation, outcome, notes = {}) {
    const name = notes["process"];
    // Done, it has ended; what it did is for the plan's `undo`.
    if (outcome !== undefined || typeof name !== "string") return [];
    return [
      {
        kind: "stop-process",
        cause: `${operation.command[0]} may still run`,
        name,
        before: null,
        graceMs: GRACE_MS,
      },
    ];
  },
};

/** How the names of a run's commands begin. */
export function commandsOf(run: string): string {
  return `command-${run}-`;
}

/** `command-20260101-000000-test-notify.run`: of a run, and of one operation of it. */
function nameOf({ id }: Command, { run }: PerformContext): string {
  return `${commandsOf(run.id)}${id}`.replaceAll(/[^A-Za-z0-9_.-]/g, "-").slice(0, 200);
}

async function exitOf(
  started: HostedProcess,
  lines: LastLines,
  context: PerformContext,
): Promise<number | null> {
  const onLine = (line: string): void => {
    lines.add(line);
    context.log(line);
  };
  const tails = [tailOf(started.stdout, onLine), tailOf(started.stderr, onLine)];
  try {
    for (;;) {
      const found = await context.processes.find(started.name);
      for (const tail of tails) await tail.read();
      if (found?.state.name !== "running") return found?.state.exitCode ?? null;
      await sleep(context.clock, LOOK_MS, context.signal);
    }
  } catch (error) {
    // Out of time, it must not go on working. A runner that only leaves lets it: the next one finds it.
    if (error instanceof StepFailure) {
      await context.processes.stop(started.name, GRACE_MS);
      await redactOutput(started, context);
    }
    throw error;
  } finally {
    for (const tail of tails) tail.end();
  }
}

/** Only its owner can read it; a disk that is full does not make a command fail that has done its work. */
async function redactOutput({ stdout, stderr }: HostedProcess, context: PerformContext): Promise<void> {
  for (const path of [stdout, stderr]) {
    await redactFile(path, (text) => context.redact(text)).catch((error: unknown) => {
      context.log(`secrets may stand in ${path}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
}

function failure(
  { command: [program], successCodes }: Command,
  exitCode: number | null,
  lines: LastLines,
): StepFailure {
  if (exitCode === null) {
    const what = `${program} was killed, or the machine went down while it ran; what it did by then is not known`;
    return new StepFailure(`${what}${lines.text()}`, "needs-a-person");
  }
  const allowed = successCodes.length === 1 ? "" : ` (allowed: ${successCodes.join(", ")})`;
  return new StepFailure(`${program} exited with ${exitCode}${allowed}${lines.text()}`);
}

interface Tail {
  /** What was written since. */
  read(): Promise<void>;
  /** What the last line without an end has. */
  end(): void;
}

function tailOf(path: string, onLine: (line: string) => void): Tail {
  const decoder = new StringDecoder("utf8");
  const chunk = Buffer.alloc(64 * 1024);
  let position = 0;
  let rest = "";
  return {
    async read() {
      const file = await open(path, "r");
      try {
        for (;;) {
          const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
          if (bytesRead === 0) return;
          position += bytesRead;
          const lines = (rest + decoder.write(chunk.subarray(0, bytesRead))).split("\n");
          rest = lines.pop() ?? "";
          lines.forEach(onLine);
        }
      } finally {
        await file.close();
      }
    },
    end() {
      if (rest !== "") onLine(rest);
      rest = "";
    },
  };
}
