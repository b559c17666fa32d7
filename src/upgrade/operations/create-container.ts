// Makes a container like another. The other is inspected when it is made, not when the run was planned, so that its
// environment is never written down.

import { cloneContainer } from "../../docker/clone-container.ts";
import { EngineError } from "../../docker/engine-error.ts";
import type { ImageInspect } from "../../docker/engine.ts";
import { namesOfShared } from "../../docker/names-of-shared.ts";
import type { JsonObject } from "../../lib/json.ts";
import { findMadeBy, nameOf, requireContainer } from "./find-container.ts";
import { type Handler, OPERATION_LABEL, type PerformContext } from "./handler.ts";
import type { ContainerChange, OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

type CreateContainer = OperationOf<"create-container">;

export const createContainer: Handler<"create-container"> = {
  async perform(operation, context) {
    const made = await findMadeBy(operation.id, context);
    if (made !== undefined) return { id: made.Id, name: operation.name, image: made.Image };
    const image = await newImage(operation, context);
    const body = await bodyOf(operation, image, context);
    const id = await create(operation, body, context);
    return { id, name: operation.name, image: image.Id };
  },

  inverse: ({ id, name, role }) => [
    {
      kind: "remove-container",
      container: { madeBy: id, name },
      saveLogs: true,
      cause: role === "one-off" ? `${name} has had its run` : `${name} did not stay`,
    },
  ],
};

async function newImage(
  { image }: CreateContainer,
  { engine, signal }: PerformContext,
): Promise<ImageInspect> {
  const found = await engine.images.inspect(image, signal);
  if (found !== undefined) return found;
  throw new StepFailure(
    `the image ${image} is not on this engine; a step "pull" or "load" must bring it first`,
  );
}

async function bodyOf(
  operation: CreateContainer,
  image: ImageInspect,
  context: PerformContext,
): Promise<JsonObject> {
  const { like, change, step, role } = operation;
  const container = await requireContainer(like, context, "to make another like it");
  const oldImage = await context.engine.images.inspect(container.Image, context.signal);
  if (oldImage === undefined && !change.assumeAllExplicit) {
    throw new StepFailure(
      `the image of ${nameOf(container)} (${container.Image}) is gone, so what the container has from it cannot be told from what is its own; pull it again, or set assumeAllExplicit: true to carry over everything`,
    );
  }
  return cloneContainer({
    container,
    oldImage,
    image: operation.image,
    imageId: image.Id,
    change: revealed(change, context),
    labels: { ...context.run.labels(step, role), [OPERATION_LABEL]: operation.id },
    nameOf: await namesOfShared(container, context.engine, context.signal),
  });
}

function revealed(change: ContainerChange, context: PerformContext): ContainerChange {
  const reveal = (text: string): string => context.reveal(text);
  const values = (record: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(record).map(([key, text]) => [key, reveal(text)]));
  return {
    ...change,
    env: values(change.env),
    labels: values(change.labels),
    command: change.command?.map(reveal) ?? null,
    entrypoint: change.entrypoint?.map(reveal) ?? null,
  };
}

async function create(
  { name, platform }: CreateContainer,
  body: JsonObject,
  { engine, signal }: PerformContext,
): Promise<string> {
  try {
    return await engine.containers.create({ name, body, ...(platform !== null && { platform }) }, signal);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
    const other = await engine.containers.inspect(name, signal);
    if (other === undefined) throw error;
    const id = other.Id.slice(0, 12);
    throw new StepFailure(
      `the name ${name} is taken by the container ${id}, which is not of this step; remove it or rename it`,
      "failed",
      { cause: error },
    );
  }
}
