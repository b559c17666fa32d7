// Waits until the tasks of a service are those of its spec, or until it shows that they will not be.

import { isTransient } from "../docker/engine-error.ts";
import type { Engine } from "../docker/engine.ts";
import { poll } from "../lib/poll.ts";
import { type Judgement, judgeTasks, type Wanted } from "./judge-tasks.ts";
import { findService } from "./put-spec.ts";
import type { Waiting } from "./update-service.ts";

export interface Converging extends Wanted {
  /** Id or name. */
  service: string;
  waitMs: number;
  onProgress?: (progress: { running: number; wanted: number; text: string }) => void;
}

export type Convergence =
  /** `note`: what is odd about it. */
  | { kind: "converged"; running: number; note: string | null }
  | Extract<Judgement, { message: string }>
  | { kind: "late"; message: string };

export async function convergeService(
  engine: Engine,
  { service, waitMs, onProgress, ...wanted }: Converging,
  { clock, signal }: Waiting,
): Promise<Convergence> {
  const deadline = clock.now() + waitMs;
  let shown = "";
  const look = async (): Promise<Convergence | undefined> => {
    const judged = await judgeNow(engine, service, wanted, signal);
    if ("running" in judged) {
      const text = describe(judged);
      if (text !== shown) onProgress?.({ running: judged.running, wanted: judged.wanted, text });
      shown = text;
    }
    return conclude(judged, clock.now() >= deadline ? waitMs : null);
  };
  return poll(clock, look, signal);
}

type Look = Judgement | { kind: "unseen"; message: string };

/** An engine that is away for a moment is no reason to give an update up. */
async function judgeNow(
  engine: Engine,
  service: string,
  wanted: Wanted,
  signal?: AbortSignal,
): Promise<Look> {
  try {
    const found = await findService(engine, service, signal);
    return judgeTasks(found, await engine.services.tasks(found.ID, signal), wanted);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && isTransient(error)) return { kind: "unseen", message: error.message };
    throw error;
  }
}

/** Undefined: look again. @param lateMs how long it was waited for, when that was long enough. */
function conclude(judged: Look, lateMs: number | null): Convergence | undefined {
  switch (judged.kind) {
    case "converged":
      return { kind: "converged", running: judged.running, note: null };
    case "watched":
      if (lateMs === null) return undefined;
      return {
        kind: "converged",
        running: judged.running,
        note: "Swarm has not called the update complete yet",
      };
    case "moving":
    case "unseen": {
      if (lateMs === null) return undefined;
      const where = judged.kind === "moving" ? describe(judged) : judged.message;
      return { kind: "late", message: `not converged within ${lateMs / 1000}s: ${where}` };
    }
    case "rolled-back":
    case "paused":
    case "superseded":
    case "stuck":
      return judged;
  }
}

function describe(judged: Extract<Judgement, { running: number }>): string {
  const tasks = `${judged.running} of ${judged.wanted} tasks run`;
  if (judged.kind === "watched") return `${tasks}, and Swarm watches the last of them`;
  if (judged.kind === "converged" || judged.hindrance === null) return tasks;
  return `${tasks}; ${judged.hindrance}`;
}
