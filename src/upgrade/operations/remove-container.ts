// Removes a container, its log saved before where that is asked for. Volumes stay, but for those that a one-off had
// to itself.

import type { ContainerInspect } from "../../docker/engine.ts";
import { findContainer, isOfThisRun, nameOf } from "./find-container.ts";
import { type Handler, ROLE_LABEL } from "./handler.ts";
import { saveLogs } from "./save-logs.ts";
import { StepFailure } from "./step-failure.ts";

export const removeContainer: Handler<"remove-container"> = {
  async perform(operation, context) {
    const container = await findContainer(operation.container, context);
    if (container === undefined) return { removed: false, log: null };
    const isOurs = isOfThisRun(container, context);
    if (!isOurs) assertStill(container);
    const log = operation.saveLogs ? await saveLogs(container, context) : null;
    const volumes = isOurs && container.Config.Labels[ROLE_LABEL] === "one-off";
    await context.engine.containers.remove(container.Id, { force: isOurs, volumes }, context.signal);
    return { removed: true, log };
  },

  /** Nothing brings it back. */
  inverse: () => [],
};

function assertStill(container: ContainerInspect): void {
  if (!container.State.Running) return;
  throw new StepFailure(
    `${nameOf(container)} is to be removed, but it runs, and this run has not made it; stop it by hand if it may go`,
  );
}
