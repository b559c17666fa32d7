import { z } from "zod";
import type { ContainerInspect } from "../../docker/engine.ts";
import type { JsonObject } from "../../lib/json.ts";
import { answeringPorts } from "./answering-ports.ts";
import { findContainer, nameOf, requireContainer } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

/** How it was, which nobody can tell once it has stopped. */
const notedSchema = z.object({ wasRunning: z.boolean(), answered: z.array(z.number()).exactOptional() });

export const stopContainer: Handler<"stop-container"> = {
  async perform(operation, context) {
    const { container: ref, graceMs, signal: stopSignal } = operation;
    const container = await containerToStop(operation, context);
    if (container === undefined) return { wasRunning: false };
    // Of the first call: by the second it has stopped.
    const noted = notedSchema.safeParse(context.notes);
    const before: JsonObject = noted.success ? noted.data : await lookBefore(operation, container, context);
    if (container.State.Running) {
      if (!noted.success) await context.note(before);
      const timeoutS = graceMs === null ? null : Math.ceil(graceMs / 1000);
      await context.engine.containers.stop(container.Id, { timeoutS, stopSignal }, context.signal);
      await assertStopped(ref.name, container.Id, context);
    }
    return before;
  },

  /** What was stopped already is another step's to start. */
  inverse({ container, graceMs, signal, wasRunning }, outcome, notes) {
    const known = notedSchema.safeParse(outcome ?? notes ?? {});
    if (!(known.success ? known.data.wasRunning : wasRunning)) return [];
    const { answered } = known.data ?? {};
    const cause = `${container.name} ran before`;
    const more = {
      ...(answered && { answered }),
      ...("madeBy" in container && { mayBeGone: true as const }),
    };
    const start = { kind: "start-container", container, cause, ...more } as const;
    if (outcome !== undefined || !known.success) return [start];
    // The engine goes on with a stop that nobody waits for: it runs, it even answers, and ends a little later.
    const stop = { kind: "stop-container", container, graceMs, signal, wasRunning: true } as const;
    return [{ ...stop, cause: `whether ${container.name} has stopped is not known` }, start];
  },
};

/** Of what this run has made only whether it runs: nothing starts it again. */
async function lookBefore(
  { container: ref, port = null }: OperationOf<"stop-container">,
  container: ContainerInspect,
  context: PerformContext,
): Promise<{ wasRunning: boolean } | { wasRunning: boolean; answered: number[] }> {
  const wasRunning = container.State.Running;
  if (!wasRunning || "madeBy" in ref) return { wasRunning };
  return { wasRunning, answered: await answeringPorts(container, port, context) };
}

/** One that this run was to make and has not made needs no stopping. */
function containerToStop(
  { container }: OperationOf<"stop-container">,
  context: PerformContext,
): ReturnType<typeof findContainer> {
  return "madeBy" in container
    ? findContainer(container, context)
    : requireContainer(container, context, "to stop it");
}

/** Whoever waits for its address or its files must not be let on before. */
async function assertStopped(name: string, id: string, { engine, signal }: PerformContext): Promise<void> {
  const after = await engine.containers.inspect(id, signal);
  if (after === undefined || !after.State.Running) return;
  throw new StepFailure(
    `stopped ${name}, and the engine said that it was done, but ${nameOf(after)} still runs; does something start it again?`,
  );
}
