// Containers and processes that have ended, and why: whoever waits for one of them need not wait any longer.

import type { ContainerInspect, Engine } from "../../docker/engine.ts";
import type { ContainerRef, TargetRef } from "../operations/operation.ts";
import { StepFailure } from "../operations/step-failure.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { tailOf } from "./tail-of.ts";

const LAST_LINES = 10;
const TAIL_BYTES = 8 * 1024;

/**
 * What has ended of the named targets, with the last lines that it wrote; null: nothing.
 * Without a name: of the containers that this run has made, and of the processes that it has started.
 */
export async function findEnded(names: readonly string[], context: CheckContext): Promise<string | null> {
  const targets = names.map((name) => targetRef(name, context.targets));
  for (const ref of names.length > 0 ? targets : []) {
    if (ref.kind === "swarm") continue;
    const ended =
      ref.kind === "process"
        ? await endedProcess(ref.name, context)
        : await firstEnded(ref.containers, context);
    if (ended !== null) return ended;
  }
  if (names.length > 0) return null;
  return (await firstEnded(madeByRun(context), context)) ?? firstEndedProcess(context);
}

async function firstEndedProcess(context: CheckContext): Promise<string | null> {
  const { run, processes } = context.world;
  for (const ref of Object.values(context.targets)) {
    if (ref.kind !== "process") continue;
    // Its key begins with the run that started it.
    const hosted = await processes.find(ref.name);
    const ended = hosted?.key.startsWith(`${run.id}/`) ? await endedProcess(ref.name, context) : null;
    if (ended !== null) return ended;
  }
  return null;
}

function madeByRun({ targets, world }: CheckContext): ContainerRef[] {
  const refs = Object.values(targets).flatMap((ref) => (ref.kind === "containers" ? ref.containers : []));
  return refs.filter((ref) => "madeBy" in ref && isMade(ref, world));
}

// Side by side with this step another may be about to make it.
function isMade(ref: ContainerRef, world: CheckContext["world"]): boolean {
  try {
    return world.containerId(ref) !== "";
  } catch (error) {
    if (error instanceof StepFailure) return false;
    throw error;
  }
}

async function firstEnded(containers: ContainerRef[], { world }: CheckContext): Promise<string | null> {
  const { engine, signal } = world;
  for (const ref of containers) {
    const container = await engine.containers.inspect(world.containerId(ref), signal);
    if (!container) return `the container ${ref.name} is gone`;
    const ended = await endedContainer(ref.name, container, engine, signal);
    if (ended !== null) return ended;
  }
  return null;
}

/** Null: it has not. One that its restart policy is about to start again has not either. */
export async function endedContainer(
  name: string,
  { Id, State }: ContainerInspect,
  engine: Engine,
  signal: AbortSignal,
): Promise<string | null> {
  if (State.Status !== "exited" && State.Status !== "dead") return null;
  const memory = State.OOMKilled ? " (out of memory)" : "";
  return `${name} has exited with code ${State.ExitCode}${memory}${lastWords(await lastLines(Id, engine, signal))}`;
}

/**
 * Of the containers that this run has made, one that its restart policy has started again so many times; null: none.
 * Alone that is no failure, because some wait for their database that way.
 */
export async function findLooping(
  names: readonly string[],
  restarts: number,
  context: CheckContext,
): Promise<string | null> {
  const { engine, signal, containerId } = context.world;
  const asked = new Set(names.flatMap((name) => namesOf(targetRef(name, context.targets))));
  const isAsked = ({ name }: ContainerRef): boolean => names.length === 0 || asked.has(name);
  for (const ref of madeByRun(context).filter(isAsked)) {
    const container = await engine.containers.inspect(containerId(ref), signal);
    if (container === undefined || container.RestartCount < restarts) continue;
    const words = lastWords(await lastLines(container.Id, engine, signal));
    const { RestartCount: count } = container;
    return `${ref.name} has ended and was started again ${count === 1 ? "once" : `${count} times`}${words}`;
  }
  return null;
}

function namesOf(ref: TargetRef): string[] {
  return ref.kind === "containers" ? ref.containers.map(({ name }) => name) : [];
}

async function endedProcess(name: string, { world }: CheckContext): Promise<string | null> {
  const hosted = await world.processes.find(name);
  if (hosted?.state.name !== "ended") return null;
  const how = hosted.state.exitCode === null ? "was killed" : `has exited with code ${hosted.state.exitCode}`;
  const said = (await tailOf(hosted.stderr, TAIL_BYTES)) || (await tailOf(hosted.stdout, TAIL_BYTES));
  return `${name} ${how}${lastWords(said.split("\n").slice(-LAST_LINES))}`;
}

async function lastLines(id: string, engine: Engine, signal: AbortSignal): Promise<string[]> {
  const lines: string[] = [];
  const options = { follow: false, tail: LAST_LINES };
  await engine.containers.logs(id, options, ({ text }) => void lines.push(text), signal);
  return lines;
}

function lastWords(lines: readonly string[]): string {
  const said = lines.filter((line) => line.trim() !== "");
  return said.length === 0
    ? ", and has written nothing"
    : `; the last lines of its log:\n  ${said.join("\n  ")}`;
}
