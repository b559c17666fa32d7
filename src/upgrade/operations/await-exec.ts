// Waits for the end of a command in a container that this run has begun and then lost sight of: it outlives its caller,
// and the engine has no call to end one. What follows would work on the same data at the same time.

import { z } from "zod";
import type { JsonObject } from "../../lib/json.ts";
import { formatDuration } from "../../lib/duration.ts";
import { poll } from "../../lib/poll.ts";
import type { Effects, Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { ContainerRef, OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

const notedSchema = z.object({ deadline: z.number() });
const WAIT_MS = 60_000;

export const awaitExec: Handler<"await-exec"> = {
  async perform(operation, context) {
    const { clock, engine, signal } = context;
    const { exec, waitMs } = operation;
    const { deadline } = await noteOnce(context, notedSchema, () => ({ deadline: clock.wall() + waitMs }));
    const look = async (): Promise<JsonObject | undefined> => {
      const found = await engine.exec.inspect(exec, signal);
      if (found?.running !== true) return { exitCode: found?.exitCode ?? null };
      if (clock.wall() >= deadline) throw new StepFailure(tooLate(operation, found.pid));
      showWaiting(operation, context);
      return undefined;
    };
    return poll(clock, look, signal);
  },
  inverse: () => [],
};

/** Of a container that the run has made the end comes with the container's. */
export function awaitEarlier(
  { container, command }: { container: ContainerRef; command: string[] },
  notes: JsonObject = {},
): Effects {
  const { exec } = notes;
  if (typeof exec !== "string" || "madeBy" in container) return [];
  const cause = `${command[0]} in ${container.name} may still run, and what follows must not meet it`;
  return [{ kind: "await-exec", cause, container, exec, command, waitMs: WAIT_MS }];
}

function showWaiting({ command, container }: OperationOf<"await-exec">, context: PerformContext): void {
  context.progress({ text: `${command[0]} in ${container.name} still runs` });
}

function tooLate({ command, container, waitMs }: OperationOf<"await-exec">, pid: number): string {
  const what = `${command[0]} in ${container.name} still runs after ${formatDuration(waitMs)} more`;
  return `${what} (pid ${pid} where the engine is), and the engine cannot end it; end it or wait for it, then resume`;
}
