// Waits until a container that a rollback has started is what it was: it runs, and accepts connections where it did.
// One that has ended since is started again, because what it needs at its start may not have been back yet: nginx does
// not start while it cannot resolve the name of an upstream.

import { z } from "zod";
import type { ContainerInspect } from "../../docker/engine.ts";
import { bad, type CheckResult, GOOD } from "../checks/check-result.ts";
import { formatDuration } from "../../lib/duration.ts";
import { sleep } from "../../lib/sleep.ts";
import { tryPort } from "./answering-ports.ts";
import { nameOf, requireContainer } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

const notedSchema = z.object({ deadline: z.number() });
const INTERVAL_MS = 250;

export const awaitRunning: Handler<"await-running"> = {
  async perform(operation, context) {
    const { clock, signal } = context;
    const { waitMs } = operation;
    const { deadline } = await noteOnce(context, notedSchema, () => ({ deadline: clock.wall() + waitMs }));
    for (;;) {
      const container = await requireContainer(operation.container, context, "to see it run");
      const result = await look(operation, container, context);
      if (result.ok) return { id: container.Id };
      if (clock.wall() >= deadline) throw new StepFailure(tooLate(operation, result.reason));
      context.progress({ text: result.reason });
      await sleep(clock, Math.min(INTERVAL_MS, deadline - clock.wall()), signal);
    }
  },
  inverse: () => [],
};

async function look(
  { ports }: OperationOf<"await-running">,
  container: ContainerInspect,
  context: PerformContext,
): Promise<CheckResult> {
  const { Running, ExitCode } = container.State;
  if (!Running) {
    const reason = `${nameOf(container)} had ended with ${ExitCode}`;
    context.log(`${reason}; starting it again`);
    await context.engine.containers.start(container.Id, context.signal);
    return bad(reason);
  }
  for (const port of ports) {
    const result = await tryPort(container, port, context);
    if (!result.ok) return result;
  }
  return GOOD;
}

function tooLate({ container, ports, waitMs }: OperationOf<"await-running">, reason: string): string {
  const where = ports.length === 0 ? "" : ` at ${ports.join(", ")}`;
  return `${container.name} does not run and answer${where} as it did before, within ${formatDuration(waitMs)}: ${reason}; look at its log`;
}
