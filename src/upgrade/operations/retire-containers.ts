// Lets go of the containers that earlier replacements have set aside, but for the newest ones, and of the tags that
// kept their images. Their volumes stay: the containers of today have them.

import { EngineError } from "../../docker/engine-error.ts";
import type { ContainerSummary } from "../../docker/engine.ts";
import { runThatSetAside } from "../../docker/set-aside.ts";
import type { Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { rollbackTags } from "../rollback-tag.ts";

export const retireContainers: Handler<"retire-containers"> = {
  async perform(operation, context) {
    const kept = await setAside(operation, context);
    const leaving = kept.slice(operation.keep);
    const untagged: string[] = [];
    for (const container of leaving) {
      await context.engine.containers.remove(container.Id, { force: false, volumes: false }, context.signal);
      context.log(`removed ${container.name}`);
      untagged.push(...(await untag(container, operation, context)));
    }
    return { removed: leaving.map(({ name }) => name), untagged };
  },

  /** Nothing brings them back. */
  inverse: () => [],
};

/** Newest first; one that runs was started by somebody for a reason, and counts for nothing. */
async function setAside(
  { name }: OperationOf<"retire-containers">,
  { engine, signal }: PerformContext,
): Promise<ContainerSummary[]> {
  const all = await engine.containers.list({}, signal);
  const still = all.filter(
    (each) =>
      runThatSetAside(each.name, name) !== undefined && ["exited", "created", "dead"].includes(each.State),
  );
  return still.toSorted((a, b) => b.Created - a.Created || (a.name < b.name ? 1 : -1));
}

async function untag(
  container: ContainerSummary,
  { name, target }: OperationOf<"retire-containers">,
  context: PerformContext,
): Promise<string[]> {
  const { engine, signal } = context;
  const run = runThatSetAside(container.name, name) ?? "";
  const image = await engine.images.inspect(container.ImageID, signal);
  const gone: string[] = [];
  for (const tag of rollbackTags(image?.RepoTags ?? [], run, target)) {
    try {
      await engine.images.untag(tag, signal);
      gone.push(tag);
    } catch (error) {
      // The last name of an image that a container still needs.
      if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
      context.log(`${tag} stays: ${error.message}`);
    }
  }
  return gone;
}
