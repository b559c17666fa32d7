// Stops a container by a signal of one's own, for engines whose `stop` takes none: the signal, some patience, and
// then what `stop` does at its deadline.

import type { Clock } from "../lib/clock.ts";
import { poll } from "../lib/poll.ts";
import { EngineError } from "./engine-error.ts";
import type { ContainerInspect } from "./engine.ts";

const DEFAULT_PATIENCE_S = 10;

export interface StopMeans {
  clock: Clock;
  look: () => Promise<ContainerInspect | undefined>;
  kill: () => Promise<void>;
  /** Stops it whatever it does. */
  finish: () => Promise<void>;
}

export async function stopBySignal(
  { clock, look, kill, finish }: StopMeans,
  timeoutS: number | null,
  signal?: AbortSignal,
): Promise<void> {
  const before = await look();
  if (before !== undefined && !before.State.Running) return;
  await kill().catch(unlessStopped);
  const patienceS = timeoutS ?? before?.Config.StopTimeout ?? DEFAULT_PATIENCE_S;
  const deadline = clock.now() + patienceS * 1000;
  const running = await poll(
    clock,
    async () => {
      const now = await look();
      if (now === undefined || !now.State.Running) return false;
      return clock.now() >= deadline ? true : undefined;
    },
    signal,
  );
  if (running) await finish();
}

/** It may have ended by itself since it was looked at. */
function unlessStopped(error: unknown): void {
  if (!(error instanceof EngineError) || error.kind !== "conflict") throw error;
}
