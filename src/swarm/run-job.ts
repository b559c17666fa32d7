// A command that runs once in a Swarm, where a service's tasks would run. It is found by its name, so that whoever
// comes back after a crash waits for the one that runs, and starts no second.

import { EngineError, isTransient } from "../docker/engine-error.ts";
import type { Engine, LogLine, RegistryAuth, TaskInspect } from "../docker/engine.ts";
import { poll } from "../lib/poll.ts";
import { jobSpec, type JobWish } from "./job-spec.ts";
import { findService } from "./put-spec.ts";
import type { Waiting } from "./update-service.ts";

export interface NewJob extends JobWish {
  /** The service that it is like: id or name. */
  like: string;
  auth: RegistryAuth | null;
}

/** Its id; of the one that has this name already, where there is one. */
export async function createJob(engine: Engine, job: NewJob, signal?: AbortSignal): Promise<string> {
  const [existing] = await engine.services.list({ name: job.name }, signal);
  if (existing !== undefined) return asJob(existing);
  const { Spec } = await findService(engine, job.like, signal);
  return engine.services.create(jobSpec(Spec, job), job.auth, signal);
}

export type JobOutcome =
  | { kind: "ended"; exitCode: number; message: string | null }
  /** It never ran: no such image, no node that could run it. */
  | { kind: "rejected"; message: string }
  | { kind: "late"; message: string };

export interface AwaitedJob {
  /** Id or name. */
  job: string;
  /** Null: as long as it takes. */
  waitMs: number | null;
  onProgress?: (text: string) => void;
}

export async function awaitJob(
  engine: Engine,
  { job, waitMs, onProgress }: AwaitedJob,
  { clock, signal }: Waiting,
): Promise<JobOutcome> {
  const { ID } = await findService(engine, job, signal);
  const deadline = waitMs === null ? Infinity : clock.now() + waitMs;
  let shown = "";
  const look = async (): Promise<JobOutcome | undefined> => {
    const task = await newestTask(engine, ID, signal);
    const text = describe(task);
    if (text !== shown) onProgress?.(text);
    shown = text;
    const outcome = outcomeOf(task);
    if (outcome !== undefined || clock.now() < deadline) return outcome;
    return { kind: "late", message: `not ended within ${(waitMs ?? 0) / 1000}s: ${text}` };
  };
  return poll(clock, look, signal);
}

/** All that it has written. */
export async function readJobLog(
  engine: Engine,
  job: string,
  onLine: (line: LogLine) => void,
  signal?: AbortSignal,
): Promise<void> {
  await engine.services.logs(job, { follow: false, tail: null }, onLine, signal);
}

/** With the containers of its tasks on this node, which Swarm leaves behind. @param name not the id. */
export async function removeJob(engine: Engine, name: string, signal?: AbortSignal): Promise<void> {
  const [existing] = await engine.services.list({ name }, signal);
  if (existing !== undefined) await engine.services.remove(asJob(existing), signal);
  const labels = [`com.docker.swarm.service.name=${name}`];
  for (const { Id } of await engine.containers.list({ labels }, signal)) {
    await engine.containers.remove(Id, { force: true, volumes: true }, signal);
  }
}

/** A service that is no job must not be taken for one, and certainly not be removed as one. */
function asJob({ ID, Spec }: Awaited<ReturnType<typeof findService>>): string {
  if (Spec.Mode.ReplicatedJob !== undefined) return ID;
  throw new EngineError(
    "conflict",
    null,
    `${Spec.Name} is a service that is no job; the job needs another name`,
  );
}

async function newestTask(
  engine: Engine,
  id: string,
  signal?: AbortSignal,
): Promise<TaskInspect | undefined> {
  try {
    const tasks = await engine.services.tasks(id, signal);
    return tasks.toSorted((one, other) => one.CreatedAt.localeCompare(other.CreatedAt)).at(-1);
  } catch (error) {
    signal?.throwIfAborted();
    if (isTransient(error)) return undefined;
    throw error;
  }
}

/** Undefined while it is on its way. */
function outcomeOf(task: TaskInspect | undefined): JobOutcome | undefined {
  if (task === undefined) return undefined;
  const { State, Err = null, ContainerStatus } = task.Status;
  switch (State) {
    case "complete":
      return { kind: "ended", exitCode: ContainerStatus?.ExitCode ?? 0, message: null };
    case "failed": {
      const exitCode = ContainerStatus?.ExitCode ?? 0;
      // One whose container could not be started has failed without an exit code.
      if (exitCode === 0) return { kind: "rejected", message: Err ?? "its container could not be started" };
      return { kind: "ended", exitCode, message: Err };
    }
    case "rejected":
    case "orphaned":
    case "remove":
    case "shutdown":
      return { kind: "rejected", message: Err ?? task.Status.Message ?? State };
    default:
      return undefined;
  }
}

function describe(task: TaskInspect | undefined): string {
  if (task === undefined) return "no task yet";
  return task.Status.Err === undefined ? task.Status.State : `${task.Status.State}: ${task.Status.Err}`;
}
