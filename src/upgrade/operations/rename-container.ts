// Renames a container that does not run. While it runs, the engine's DNS would keep the old name with its address,
// even after the container is gone.

import type { ContainerInspect } from "../../docker/engine.ts";
import { EngineError } from "../../docker/engine-error.ts";
import { findContainer, nameOf, requireContainer } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { StepFailure } from "./step-failure.ts";

export const renameContainer: Handler<"rename-container"> = {
  async perform({ container: ref, to, mayBeGone = false }, context) {
    if (mayBeGone && (await findContainer(ref, context)) === undefined) return { id: null, name: to };
    const container = await requireContainer(ref, context, `to rename it to ${to}`);
    if (nameOf(container) !== to) {
      assertStill(container, to);
      await rename(container, to, context);
    }
    return { id: container.Id, name: to };
  },

  inverse: ({ container, from, to }) => [
    {
      kind: "rename-container",
      container,
      from: to,
      to: from,
      ...("madeBy" in container && { mayBeGone: true }),
      cause: `it was called ${from} before`,
    },
  ],
};

function assertStill(container: ContainerInspect, to: string): void {
  if (!container.State.Running) return;
  const name = nameOf(container);
  throw new StepFailure(
    `${name} was to be renamed to ${to}, but it runs, and the engine's DNS would not follow; did something start it again? Stop it, then resume the run`,
  );
}

async function rename(
  container: ContainerInspect,
  to: string,
  { engine, signal }: PerformContext,
): Promise<void> {
  try {
    await engine.containers.rename(container.Id, to, signal);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
    const other = await engine.containers.inspect(to, signal);
    const holder = other === undefined ? "another container" : `the container ${other.Id.slice(0, 12)}`;
    throw new StepFailure(
      `${nameOf(container)} was to be renamed to ${to}, but ${holder} has that name; was it created by hand, or by docker compose?`,
      "failed",
      { cause: error },
    );
  }
}
