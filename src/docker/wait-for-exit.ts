// The exit code of a container, found by looking: the engine's own `wait` is silent until then.

import type { Clock } from "../lib/clock.ts";
import { poll } from "../lib/poll.ts";
import type { LookCalls } from "./container-looks.ts";
import { EngineError } from "./engine-error.ts";
import type { ContainerInspect } from "./engine.ts";

export function waitForExit(
  { clock, looks, what }: { clock: Clock; looks: LookCalls; what: string },
  id: string,
  signal?: AbortSignal,
): Promise<number> {
  return poll(clock, () => exitCode(looks, what, id, signal), signal);
}

/** Undefined while there is none yet. */
async function exitCode(
  looks: LookCalls,
  what: string,
  id: string,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const found = await looks.inspect(id, signal);
  if (found === undefined) {
    const message = `wait for container ${what}: it was removed before its exit code was read`;
    throw new EngineError("absent", 404, message);
  }
  return hasEnded(found) ? found.State.ExitCode : undefined;
}

function hasEnded({ State }: ContainerInspect): boolean {
  // One that could not be started stays `created`, with a code and an error.
  if (State.Status === "created") return State.ExitCode !== 0;
  return State.Status === "exited" || State.Status === "dead";
}
