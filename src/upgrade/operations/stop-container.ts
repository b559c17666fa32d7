import { findContainer, nameOf, requireContainer } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

export const stopContainer: Handler<"stop-container"> = {
  async perform(operation, context) {
    const { container: ref, graceMs, signal: stopSignal } = operation;
    const container = await containerToStop(operation, context);
    if (container === undefined) return { wasRunning: false };
    // Of the first call: by the second it has stopped.
    const noted = context.notes["wasRunning"];
    const wasRunning = typeof noted === "boolean" ? noted : container.State.Running;
    if (container.State.Running) {
      if (noted === undefined) await context.note({ wasRunning });
      const timeoutS = graceMs === null ? null : Math.ceil(graceMs / 1000);
      await context.engine.containers.stop(container.Id, { timeoutS, stopSignal }, context.signal);
      await assertStopped(ref.name, container.Id, context);
    }
    return { wasRunning };
  },

  /** What was stopped already is another step's to start. */
  inverse({ container, wasRunning }, outcome, notes) {
    const known = (outcome ?? notes)?.["wasRunning"];
    if (!(typeof known === "boolean" ? known : wasRunning)) return [];
    return [{ kind: "start-container", container, cause: `${container.name} ran before` }];
  },
};

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
