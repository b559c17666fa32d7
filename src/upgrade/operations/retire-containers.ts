// Lets go of the containers that earlier replacements have set aside, but for the newest ones, and of the tags that
// kept their images. Their volumes stay: the containers of today have them.

import { z } from "zod";
import { EngineError } from "../../docker/engine-error.ts";
import { runThatSetAside } from "../../docker/set-aside.ts";
import { nameOf } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { rollbackTags } from "../rollback-tag.ts";

const keptSchema = z.object({ id: z.string(), name: z.string(), image: z.string(), createdAt: z.number() });
type KeptContainer = z.infer<typeof keptSchema>;
const notedSchema = z.object({ leaving: z.array(keptSchema) });

export const retireContainers: Handler<"retire-containers"> = {
  async perform(operation, context) {
    // Once a container has gone, nothing but this leads to the tag that kept its image.
    const { leaving } = await noteOnce(context, notedSchema, async () => ({
      leaving: (await setAside(operation, context)).slice(operation.keep),
    }));
    const untagged: string[] = [];
    for (const container of leaving) {
      if (await remove(container, context)) untagged.push(...(await untag(container, operation, context)));
    }
    return { removed: leaving.map(({ name }) => name), untagged };
  },

  /** Nothing brings them back. */
  inverse: () => [],
};

/** False: somebody has started it meanwhile, and needs it. */
async function remove({ id, name }: KeptContainer, context: PerformContext): Promise<boolean> {
  const { engine, signal } = context;
  const found = await engine.containers.inspect(id, signal);
  if (found?.State.Running === true) return false;
  if (found !== undefined) await engine.containers.remove(id, { force: false, volumes: false }, signal);
  context.log(`removed ${name}`);
  return true;
}

/** Newest first; one that runs was started by somebody for a reason, and counts for nothing. */
async function setAside(
  { name }: OperationOf<"retire-containers">,
  { engine, signal }: PerformContext,
): Promise<KeptContainer[]> {
  const all = await engine.containers.list({}, signal);
  const aside = all.filter((each) => runThatSetAside(each.name, name) !== undefined);
  // A list knows seconds only.
  const inspected = await Promise.all(aside.map(({ Id }) => engine.containers.inspect(Id, signal)));
  const still = inspected.flatMap((each) => (each === undefined || each.State.Running ? [] : each));
  return still
    .map((each) => ({
      id: each.Id,
      name: nameOf(each),
      image: each.Image,
      createdAt: Date.parse(each.Created),
    }))
    .toSorted((a, b) => b.createdAt - a.createdAt);
}

async function untag(
  container: KeptContainer,
  { name, target }: OperationOf<"retire-containers">,
  context: PerformContext,
): Promise<string[]> {
  const { engine, signal } = context;
  const run = runThatSetAside(container.name, name) ?? "";
  const image = await engine.images.inspect(container.image, signal);
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
