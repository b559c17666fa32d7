// Freezes a container and lets it go on. What the engine answers is not taken for what it did: there are clients in
// which "pause" was the call for "unpause".

import { nameOf, requireContainer } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { StepFailure } from "./step-failure.ts";

export const pauseContainer: Handler<"pause-container"> = {
  async perform({ container: ref }, context) {
    const container = await requireContainer(ref, context, "to pause it");
    const wasPaused = await notedPaused(container.State.Paused, context);
    if (!container.State.Running) {
      throw new StepFailure(
        `${nameOf(container)} is to be paused, but it does not run (${container.State.Status})`,
      );
    }
    if (!container.State.Paused) await context.engine.containers.pause(container.Id, context.signal);
    await assertPaused(container.Id, true, context);
    return { wasPaused };
  },

  inverse({ container }, outcome, notes) {
    if ((outcome ?? notes)?.["wasPaused"] === true) return [];
    return [{ kind: "unpause-container", container, cause: `${container.name} was not paused before` }];
  },
};

export const unpauseContainer: Handler<"unpause-container"> = {
  async perform({ container: ref }, context) {
    const container = await requireContainer(ref, context, "to let it go on");
    const wasPaused = await notedPaused(container.State.Paused, context);
    if (container.State.Paused) await context.engine.containers.unpause(container.Id, context.signal);
    await assertPaused(container.Id, false, context);
    return { wasPaused };
  },

  inverse({ container }, outcome, notes) {
    if ((outcome ?? notes)?.["wasPaused"] !== true) return [];
    return [{ kind: "pause-container", container, cause: `${container.name} was paused before` }];
  },
};

/** As it was before the first call. */
async function notedPaused(isPaused: boolean, context: PerformContext): Promise<boolean> {
  const noted = context.notes["wasPaused"];
  if (typeof noted === "boolean") return noted;
  await context.note({ wasPaused: isPaused });
  return isPaused;
}

async function assertPaused(
  id: string,
  expected: boolean,
  { engine, signal }: PerformContext,
): Promise<void> {
  const after = await engine.containers.inspect(id, signal);
  if (after?.State.Paused === expected) return;
  const is = after === undefined ? "gone" : after.State.Status;
  const name = after === undefined ? id.slice(0, 12) : nameOf(after);
  throw new StepFailure(
    `the engine said that ${name} was ${expected ? "paused" : "unpaused"}, but now it is ${is}; does something else act on it?`,
  );
}
