// The container that an operation acts on, as it is now.

import type { ContainerInspect } from "../../docker/engine.ts";
import { OPERATION_LABEL, type PerformContext, RUN_LABEL } from "./handler.ts";
import type { ContainerRef } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

/**
 * Undefined: there is none. One that an operation of this run has made is found by its label too, because the answer
 * that named its id may have been lost; by its name never, as that changes hands.
 */
export async function findContainer(
  ref: ContainerRef,
  context: PerformContext,
): Promise<ContainerInspect | undefined> {
  const { engine, signal } = context;
  if ("id" in ref) return engine.containers.inspect(ref.id, signal);
  const id = context.outcomeOf(ref.madeBy)?.["id"];
  if (typeof id === "string") return engine.containers.inspect(id, signal);
  return findMadeBy(ref.madeBy, context);
}

export async function findMadeBy(
  operation: string,
  { engine, run, signal }: PerformContext,
): Promise<ContainerInspect | undefined> {
  const labels = [`${RUN_LABEL}=${run.id}`, `${OPERATION_LABEL}=${operation}`];
  const [made] = await engine.containers.list({ labels }, signal);
  return made && engine.containers.inspect(made.Id, signal);
}

/** @param task what it is needed for: `to stop it`. */
export async function requireContainer(
  ref: ContainerRef,
  context: PerformContext,
  task: string,
): Promise<ContainerInspect> {
  const found = await findContainer(ref, context);
  if (found !== undefined) return found;
  const which = "id" in ref ? `${ref.name} (${ref.id.slice(0, 12)})` : `${ref.name}, made by ${ref.madeBy},`;
  throw new StepFailure(
    `looked for the container ${which} ${task}: it is not there any more; was it removed?`,
  );
}

/** Without the engine's slash. */
export function nameOf({ Name }: ContainerInspect): string {
  return Name.replace(/^\//, "");
}

/** Made by this run, and for it: nobody else's data is lost with it. */
export function isOfThisRun({ Config }: ContainerInspect, { run }: PerformContext): boolean {
  return Config.Labels[RUN_LABEL] === run.id;
}
