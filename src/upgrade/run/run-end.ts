// How a run ends, or where it rests, for whoever waits for it.

import type { RunResult } from "../upgrades-port.ts";
import type { JournalState } from "./journal-state.ts";

/** Of a run that nobody carries out any more. */
export function endOf(state: JournalState): RunResult {
  const { run } = state.started;
  const { phase } = state;
  switch (phase.name) {
    case "finished": {
      const message = phase.state === "kept" ? "kept" : rolledBack(phase.lost);
      return { run, state: phase.state, exitCode: phase.exitCode, message, lost: phase.lost };
    }
    case "paused":
      return paused(run, phase.reason);
    case "running":
    case "rolling_back":
      return paused(
        run,
        `the run was left while it was ${phase.name === "running" ? "running" : "rolling back"}`,
      );
  }
}

export function paused(run: string, reason: string): RunResult {
  const message = `${reason}\n${waysOn(run)}`;
  return { run, state: "paused", exitCode: 30, message, lost: null };
}

export function waysOn(run: string): string {
  return `holdgate upgrade --resume ${run} goes on where it stopped; holdgate upgrade --rollback ${run} goes back`;
}

function rolledBack(lost: string | null): string {
  return lost === null ? "rolled back" : `rolled back; lost: ${lost}`;
}
