// A one-off within an operation: made, run and removed, with its standard streams in our hands. What an earlier
// attempt has left is removed first, for this work can be done again.

import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { cloneContainer, joinsOf, type NetworkJoin } from "../../docker/clone-container.ts";
import type { ContainerInspect, ImageInspect } from "../../docker/engine.ts";
import { namesOfShared } from "../../docker/names-of-shared.ts";
import { formatDuration } from "../../lib/duration.ts";
import type { JsonObject } from "../../lib/json.ts";
import { OPERATION_LABEL, type PerformContext } from "./handler.ts";
import { LastLines } from "./last-lines.ts";
import type { ContainerRef, OperationCommon, ResolvedRun } from "./operation.ts";
import { revealValues } from "./reveal-env.ts";
import { StepFailure } from "./step-failure.ts";
import { tapLines } from "./tap-lines.ts";
import { within } from "./within.ts";

export interface RunStreams {
  stdin?: Readable;
  /** Left out: its lines are logged. */
  stdout?: Writable;
}

/** Fails unless it exits with one of the codes that mean success. */
export async function runOneOff(
  operation: OperationCommon,
  run: ResolvedRun,
  streams: RunStreams,
  context: PerformContext,
): Promise<void> {
  await exitOfOneOff(operation, run, streams, context);
}

/** Which of these codes it was. */
export async function exitOfOneOff(
  operation: OperationCommon,
  run: ResolvedRun,
  streams: RunStreams,
  context: PerformContext,
): Promise<number> {
  // By its operation: a migration has a container of its own, and so may what is done in its way back.
  const mark = operation.id.replaceAll(/[^A-Za-z0-9_-]/g, "-");
  const name = `${run.like.name}.holdgate-${mark}-${context.run.id}`;
  const { engine, clock, signal } = context;
  await removeEarlier(name, operation.id, context);
  const id = await make(operation, run, name, streams.stdin !== undefined, context);
  const late = (): Error => new StepFailure(`${name} did not end within ${formatDuration(run.waitMs ?? 0)}`);
  try {
    return await within({ clock, signal, ms: run.waitMs, late }, (bound) =>
      work(id, name, run, streams, context, bound),
    );
  } finally {
    await engine.containers.remove(id, { force: true, volumes: true });
  }
}

async function work(
  id: string,
  name: string,
  { successCodes }: ResolvedRun,
  { stdin, stdout }: RunStreams,
  context: PerformContext,
  signal: AbortSignal,
): Promise<number> {
  const lines = new LastLines();
  const log = (line: string): void => {
    lines.add(line);
    context.log(line);
  };
  const outputs = { stdout: stdout ?? tapLines(log), stderr: tapLines(log) };
  const written = Promise.all(Object.values(outputs).map((output) => finished(output)));
  // The attachment says what went wrong; this must not be left without an owner meanwhile.
  written.catch(() => {});
  const { containers } = context.engine;
  const start = (): Promise<void> => containers.start(id, signal);
  await containers.attach(id, { ...outputs, ...(stdin && { stdin }) }, start, signal);
  await written;
  const exitCode = await containers.wait(id, signal);
  if (!successCodes.includes(exitCode))
    throw new StepFailure(`${name} exited with ${exitCode}${lines.text()}`);
  return exitCode;
}

async function make(
  { id: operation, step }: OperationCommon,
  run: ResolvedRun,
  name: string,
  stdin: boolean,
  context: PerformContext,
): Promise<string> {
  const { engine, signal } = context;
  const like = await inspectLike(run.like, context);
  const image = await inspectImage(run.image, context);
  const reveal = (words: string[] | null): string[] | null =>
    words?.map((word) => context.reveal(word)) ?? null;
  const { env, command, entrypoint } = run.change;
  const own = { env: revealValues(env, context), command: reveal(command), entrypoint: reveal(entrypoint) };
  const change = { ...run.change, ...own };
  const nameOf = await namesOfShared(like, engine, signal);
  const labels = { ...context.run.labels(step, "one-off"), [OPERATION_LABEL]: operation };
  const oldImage = await engine.images.inspect(like.Image, signal);
  const source = { container: like, oldImage, image: run.image, imageId: image.Id };
  const body: JsonObject = {
    ...cloneContainer({ ...source, change, labels, nameOf }),
    ...(stdin && { OpenStdin: true, StdinOnce: true, AttachStdin: true }),
  };
  const id = await engine.containers.create({ name, body }, signal);
  for (const join of joinsOf(like, "one-off").others) await connect(join, id, context);
  return id;
}

function connect({ network, endpoint }: NetworkJoin, id: string, context: PerformContext): Promise<void> {
  return context.engine.networks.connect(network, id, endpoint, context.signal);
}

async function inspectLike(ref: ContainerRef, context: PerformContext): Promise<ContainerInspect> {
  const found = await context.engine.containers.inspect(context.containerId(ref), context.signal);
  if (found === undefined)
    throw new StepFailure(`${ref.name}, whose configuration is to be taken, is not there`);
  return found;
}

async function inspectImage(ref: string, { engine, signal }: PerformContext): Promise<ImageInspect> {
  const found = await engine.images.inspect(ref, signal);
  if (found === undefined)
    throw new StepFailure(`the image ${ref} is not on this engine; pull it in a step before`);
  return found;
}

async function removeEarlier(
  name: string,
  operation: string,
  { engine, signal }: PerformContext,
): Promise<void> {
  const [earlier] = await engine.containers.list(
    { name, labels: [`${OPERATION_LABEL}=${operation}`] },
    signal,
  );
  if (earlier) await engine.containers.remove(earlier.Id, { force: true, volumes: true }, signal);
}
