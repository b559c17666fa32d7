// Copies files from the writable layer of one container into that of another: what a replacement would lose.

import { posix } from "node:path";
import { EngineError } from "../../docker/engine-error.ts";
import type { ContainerInspect } from "../../docker/engine.ts";
import { nameOf, requireContainer } from "./find-container.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { StepFailure } from "./step-failure.ts";

export const carryFiles: Handler<"carry-files"> = {
  async perform({ from, to, paths }, context) {
    const source = await requireContainer(from, context, "to copy files out of it");
    const target = await requireContainer(to, context, "to copy files into it");
    for (const path of paths) await carry(path, source, target, context);
    return { paths };
  },

  /** They go with the container that they were copied into. */
  inverse: () => [],
};

async function carry(
  path: string,
  from: ContainerInspect,
  to: ContainerInspect,
  { engine, signal }: PerformContext,
): Promise<void> {
  const tar = await engine.containers.getArchive(from.Id, path, signal);
  if (tar === undefined) {
    throw new StepFailure(
      `carryFiles names ${path}, which is not in ${nameOf(from)}; take it out of the plan`,
    );
  }
  const directory = posix.dirname(posix.normalize(path));
  try {
    await engine.containers.putArchive(to.Id, directory, tar, signal);
  } catch (error) {
    tar.destroy();
    if (error instanceof EngineError && isRefusal(error)) throw refused(path, directory, to, error);
    throw error;
  }
}

/** 20.10 answers 500 for a read-only root. */
function isRefusal({ kind, message }: EngineError): boolean {
  return kind !== "unreachable" && (kind !== "failed" || message.includes("read-only"));
}

function refused(path: string, directory: string, to: ContainerInspect, cause: EngineError): StepFailure {
  const isReadOnly = to.HostConfig["ReadonlyRootfs"] === true;
  const reason = isReadOnly
    ? `the root of ${nameOf(to)} is read-only; mount the file into the container instead`
    : `${directory} of the new image does not take it; mount the file, or create the directory in the image`;
  return new StepFailure(`${path} cannot be carried over: ${reason} (${cause.message})`, "failed", { cause });
}
