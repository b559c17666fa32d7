// Images and their names. What a name meant before is known, so that it can mean that again.

import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { EngineError } from "../../docker/engine-error.ts";
import type { ImageInspect, PullProgress } from "../../docker/engine.ts";
import type { Effects, Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { megabytes } from "./megabytes.ts";
import { StepFailure } from "./step-failure.ts";

export const pullImage: Handler<"pull-image"> = {
  async perform(operation, context) {
    const { image, platform } = operation;
    await pull(operation, context);
    const found = await context.engine.images.inspect(image, context.signal);
    if (found === undefined) throw new StepFailure(`${image} was pulled, but the engine does not have it`);
    compareDigest(operation, found);
    return { id: found.Id, digests: found.RepoDigests, platform };
  },
  inverse: ({ image, before }) => meanAgain(image, before),
};

export const loadImage: Handler<"load-image"> = {
  async perform({ file, image }, context) {
    const path = resolve(context.run.planDirectory, file);
    await access(path).catch((cause: unknown) => {
      throw new StepFailure(`cannot read ${path}, from which ${image} was to be loaded`, "failed", { cause });
    });
    const loaded = await context.engine.images.load(createReadStream(path), context.signal);
    const found = await context.engine.images.inspect(image, context.signal);
    if (found === undefined) throw new StepFailure(`${path} holds ${loaded.join(", ")}, not ${image}`);
    return { id: found.Id, loaded };
  },
  inverse: ({ image, before }) => meanAgain(image, before),
};

export const tagImage: Handler<"tag-image"> = {
  async perform({ image, tag }, { engine, signal }) {
    await engine.images.tag(image, tag, signal);
    return {};
  },
  inverse({ tag, before }) {
    if (before !== null) return meanAgain(tag, before);
    return [{ kind: "untag-image", cause: `${tag} was not there before`, tag }];
  },
};

export const untagImage: Handler<"untag-image"> = {
  async perform({ tag }, context) {
    try {
      await context.engine.images.untag(tag, context.signal);
      return { untagged: true };
    } catch (error) {
      // The last name of an image that a container runs: one name more is no harm, and no reason to stop a rollback.
      if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
      context.log(`${tag} stays: ${error.message}`);
      return { untagged: false };
    }
  },
  inverse: () => [],
};

async function pull({ image, platform }: OperationOf<"pull-image">, context: PerformContext): Promise<void> {
  const { engine, run, signal } = context;
  const auth = await run.registryAuth(image);
  const onProgress = (progress: PullProgress): void => context.progress(shown(progress));
  try {
    await engine.images.pull(image, { auth, platform, onProgress }, signal);
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== "denied") throw error;
    const how = auth === null ? "none were given" : "those that were given are not accepted";
    const remedy = "name them under `registries` in the plan, or log in with the docker client";
    throw new StepFailure(`${image}: its registry wants credentials, and ${how}; ${remedy}`, "failed", {
      cause: error,
    });
  }
}

function shown({ currentBytes, totalBytes, layersDone, layers }: PullProgress): {
  percent?: number;
  text: string;
} {
  const text = `${megabytes(currentBytes)} of ${megabytes(totalBytes)}, layer ${layersDone} of ${layers}`;
  return totalBytes === 0 ? { text } : { percent: Math.floor((100 * currentBytes) / totalBytes), text };
}

function compareDigest({ image, digest }: OperationOf<"pull-image">, { RepoDigests }: ImageInspect): void {
  if (digest === null || RepoDigests.some((known) => known.endsWith(`@${digest}`))) return;
  const found = RepoDigests.join(", ") || "an image without a digest";
  throw new StepFailure(
    `${image} is not ${digest} but ${found}; the tag was moved, or the plan's digest is another's`,
  );
}

function meanAgain(name: string, before: string | null): Effects {
  if (before === null) return [];
  return [
    { kind: "tag-image", cause: `${name} meant this image before`, image: before, tag: name, before: null },
  ];
}
