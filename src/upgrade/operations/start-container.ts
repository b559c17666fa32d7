// Starts a container, and never twice what may run only once:
//
//   created ──start──▶ running ──▶ exited        a one-off, or a new container that has crashed: had its run
//   exited (ran before this operation) ──start──▶ running        an old one on the way back

import { EngineError } from "../../docker/engine-error.ts";
import type { ContainerInspect } from "../../docker/engine.ts";
import { explainStartFailure } from "./explain-start-failure.ts";
import { findContainer, isOfThisRun, requireContainer } from "./find-container.ts";
import { type Handler, type PerformContext, ROLE_LABEL } from "./handler.ts";

export const startContainer: Handler<"start-container"> = {
  async perform({ container: ref, mayBeGone = false }, context) {
    if (mayBeGone && (await findContainer(ref, context)) === undefined)
      return { id: null, wasRunning: false };
    const container = await requireContainer(ref, context, "to start it");
    const wasRunning = context.notes["startedBefore"] === undefined && container.State.Running;
    if (!container.State.Running && !hasHadItsRun(container, context)) {
      await context.note({ startedBefore: lastStart(container) });
      await start(container, context);
    }
    return { id: container.Id, wasRunning };
  },

  /** Not started by this operation: not stopped by its undoing. */
  inverse({ container, wasRunning }, outcome, notes) {
    const found = outcome?.["wasRunning"] ?? wasRunning;
    const isUntouched = outcome === undefined && notes !== undefined && notes["startedBefore"] === undefined;
    if (found === true || isUntouched) return [];
    const cause = `${container.name} did not run before`;
    return [{ kind: "stop-container", container, graceMs: null, signal: null, wasRunning: false, cause }];
  },
};

/**
 * A new container that has run and ended since this operation began is what `healthy` has to see; starting it again
 * would hide that it crashes. An old one is started as often as it takes.
 */
function hasHadItsRun(container: ContainerInspect, context: PerformContext): boolean {
  const last = lastStart(container);
  if (last === null || !isOfThisRun(container, context)) return false;
  if (container.Config.Labels[ROLE_LABEL] === "one-off") return true;
  const before = context.notes["startedBefore"];
  return before !== undefined && before !== last;
}

/** Null: never. A start that failed leaves it as it was created. */
function lastStart({ State }: ContainerInspect): string | null {
  return State.Status === "created" ? null : State.StartedAt;
}

async function start(container: ContainerInspect, context: PerformContext): Promise<void> {
  try {
    await context.engine.containers.start(container.Id, context.signal);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw await explainStartFailure(container, error, context);
  }
}
