// Images that must be on this engine or in their registry, and for its platform.

import { EngineError } from "../../../docker/engine-error.ts";
import type { PerformContext } from "../handler.ts";
import type { OperationOf } from "../operation.ts";
import { containersOf } from "./target-containers.ts";

interface Platform {
  os: string;
  architecture: string;
}

export async function imageProblems(
  operation: OperationOf<"preflight">,
  context: PerformContext,
): Promise<string[]> {
  const { images } = operation.preflight;
  if (images.length === 0) return [];
  const platform = await presentPlatform(operation, context);
  const problems = await Promise.all(images.map((image) => problemOf(image, platform, context)));
  return problems.filter((problem) => problem !== null);
}

async function problemOf(
  image: string,
  platform: Platform | null,
  context: PerformContext,
): Promise<string | null> {
  const { engine, signal, run } = context;
  const local = await engine.images.inspect(image, signal);
  if (local) return mismatch(image, [`${local.Os}/${local.Architecture}`], platform);
  try {
    const auth = await run.registryAuth(image);
    const { platforms } = await engine.images.distribution(image, auth, signal);
    return mismatch(image, platforms, platform);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return `the image ${image} is not on this engine, and its registry cannot give it: ${error.message}`;
  }
}

/** A registry that names no platform says nothing against it. */
function mismatch(image: string, platforms: readonly string[], wanted: Platform | null): string | null {
  if (wanted === null || platforms.length === 0) return null;
  const name = `${wanted.os}/${wanted.architecture}`;
  if (platforms.some((each) => each === name || each.startsWith(`${name}/`))) return null;
  return `the image ${image} is for ${platforms.join(", ")}, not for ${name}`;
}

/** That of what runs now; null: nothing of the plan runs in a container yet. */
async function presentPlatform(
  { targets }: OperationOf<"preflight">,
  context: PerformContext,
): Promise<Platform | null> {
  for (const target of Object.keys(targets)) {
    for (const { Image } of await containersOf(target, targets, context)) {
      const image = await context.engine.images.inspect(Image, context.signal);
      if (image) return { os: image.Os, architecture: image.Architecture };
    }
  }
  return null;
}
