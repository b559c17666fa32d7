// What the registries have under the names that a plan uses: nothing is pulled.

import { EngineError } from "../../docker/engine-error.ts";
import type { Engine, RegistryAuth } from "../../docker/engine.ts";
import type { Observation } from "../observe/observation.ts";
import type { Program, ProgramStep } from "../program.ts";

export interface FoundImage {
  image: string;
  /** The id that the name means on this engine; null: it is not here. */
  here: string | null;
  /** What its registry had last been asked for, by digest, where that is known. */
  digestHere: string | null;
  /** Of the registry; null: it was not asked, or did not say. */
  digest: string | null;
  /** Why the registry did not say. */
  problem: string | null;
}

export interface Registries {
  /** Null: there is no engine, and the program has no images. */
  engine: Engine | null;
  auth?: (image: string) => Promise<RegistryAuth | null>;
  signal?: AbortSignal;
}

/** Of those that the program pulls, and of those that it needs and that are not here. */
export async function lookUpImages(
  program: Program,
  observation: Observation,
  registries: Registries,
): Promise<FoundImage[]> {
  const { pulled, used, loaded } = imagesOf(program.steps);
  const missing = [...used].filter((image) => observation.images[image] === undefined && !loaded.has(image));
  const found: FoundImage[] = [];
  for (const image of new Set([...pulled, ...missing]))
    found.push(await lookUp(image, observation, registries));
  return found;
}

async function lookUp(
  image: string,
  { images }: Observation,
  { engine, auth, signal }: Registries,
): Promise<FoundImage> {
  const local = images[image];
  const digests = local?.RepoDigests.map((name) => name.slice(name.indexOf("@") + 1)) ?? [];
  const known = { image, here: local?.Id ?? null, digestHere: digests[0] ?? null };
  if (engine === null) return { ...known, digest: null, problem: "there is no engine to ask with" };
  try {
    const { digest } = await engine.images.distribution(image, (await auth?.(image)) ?? null, signal);
    return {
      ...known,
      digestHere: digests.includes(digest) ? digest : known.digestHere,
      digest,
      problem: null,
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...known, digest: null, problem: error.message };
  }
}

interface Images {
  pulled: Set<string>;
  used: Set<string>;
  loaded: Set<string>;
}

function imagesOf(steps: readonly ProgramStep[]): Images {
  const images: Images = { pulled: new Set(), used: new Set(), loaded: new Set() };
  for (const operation of steps.flatMap(({ operations, branches }) => [
    ...operations,
    ...operationsIn(branches),
  ])) {
    if (operation.kind === "pull-image") images.pulled.add(operation.image);
    if (operation.kind === "load-image") images.loaded.add(operation.image);
    if (operation.kind === "create-container" || operation.kind === "sync-volumes")
      images.used.add(operation.image);
    if (operation.kind === "update-service") images.used.add(operation.change.image);
  }
  return images;
}

function operationsIn(steps: readonly ProgramStep[]): ProgramStep["operations"] {
  return steps.flatMap(({ operations, branches }) => [...operations, ...operationsIn(branches)]);
}
