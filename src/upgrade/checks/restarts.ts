// How often what runs has been started again since a moment. Of containers the engine counts its own restarts; of a
// Swarm service every ended task that was none before; a process is not started again by anybody.

import { z } from "zod";
import type { TaskInspect } from "../../docker/engine.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { TargetRef } from "../operations/operation.ts";
import { type CheckContext, targetRef } from "./check-context.ts";
import { endedContainer, findEnded } from "./find-ended.ts";

/** How it was, of what ran. */
export const restartMarksSchema = z.object({
  containers: z.record(
    z.string(),
    z.object({ name: z.string(), restarts: z.number(), startedAt: z.string() }),
  ),
  /** Tasks that had ended already, by id of the service. */
  tasks: z.record(z.string(), z.array(z.string())),
  /** Names of targets whose process ran. */
  processes: z.array(z.string()),
});
export type RestartMarks = z.infer<typeof restartMarksSchema>;

export interface Restarts {
  count: number;
  /** Of what was restarted. */
  names: string[];
  /** What has ended and is not started again; null: nothing. */
  ended: string | null;
}

type World = Pick<CheckContext, "targets" | "world">;

export async function markRestarts(watched: readonly string[], look: World): Promise<RestartMarks> {
  const marks: RestartMarks = { containers: {}, tasks: {}, processes: [] };
  for (const name of watched) await mark(name, targetRef(name, look.targets), marks, look);
  return marks;
}

export function restartMarksJson({ containers, tasks, processes }: RestartMarks): JsonObject {
  return { containers, tasks, processes };
}

async function mark(name: string, ref: TargetRef, marks: RestartMarks, { world }: World): Promise<void> {
  switch (ref.kind) {
    case "containers":
      for (const each of ref.containers) {
        const container = await world.engine.containers.inspect(world.containerId(each), world.signal);
        if (!container?.State.Running) continue;
        const { RestartCount: restarts, State } = container;
        marks.containers[container.Id] = { name: each.name, restarts, startedAt: State.StartedAt };
      }
      return;
    case "swarm":
      marks.tasks[ref.service] = (await endedTasks(ref.service, world)).map(({ ID }) => ID);
      return;
    case "process":
      if ((await world.processes.find(ref.name))?.state.name === "running") marks.processes.push(name);
  }
}

export async function findRestarts(
  watched: readonly string[],
  marks: RestartMarks,
  look: CheckContext | World,
): Promise<Restarts> {
  const restarts: Restarts = { count: 0, names: [], ended: null };
  await countContainers(marks, restarts, look);
  await countTasks(watched, marks, restarts, look);
  if (restarts.ended === null && marks.processes.length > 0) {
    restarts.ended = await findEnded(marks.processes, { ...look, target: null, since: 0, metricsThen: null });
  }
  return restarts;
}

async function countContainers(
  { containers }: RestartMarks,
  restarts: Restarts,
  { world }: World,
): Promise<void> {
  const { engine, signal } = world;
  for (const [id, before] of Object.entries(containers)) {
    const container = await engine.containers.inspect(id, signal);
    restarts.ended ??= container
      ? await endedContainer(before.name, container, engine, signal)
      : `the container ${before.name} is gone`;
    // Somebody may have started it again by hand, which the engine does not count.
    const byHand = container?.State.StartedAt === before.startedAt ? 0 : 1;
    add(restarts, before.name, Math.max((container?.RestartCount ?? 0) - before.restarts, byHand));
  }
}

async function countTasks(
  watched: readonly string[],
  { tasks }: RestartMarks,
  restarts: Restarts,
  { targets, world }: World,
): Promise<void> {
  for (const name of watched) {
    const ref = targetRef(name, targets);
    if (ref.kind !== "swarm") continue;
    const before = new Set(tasks[ref.service]);
    const ended = await endedTasks(ref.service, world);
    add(restarts, name, ended.filter(({ ID }) => !before.has(ID)).length);
  }
}

function add(restarts: Restarts, name: string, count: number): void {
  if (count === 0) return;
  restarts.count += count;
  restarts.names.push(name);
}

/** By themselves: one that an update or a scaling has shut down did as it was told. */
async function endedTasks(service: string, { engine, signal }: World["world"]): Promise<TaskInspect[]> {
  const tasks = await engine.services.tasks(service, signal);
  return tasks.filter(({ Status }) => ["failed", "rejected", "orphaned", "complete"].includes(Status.State));
}
