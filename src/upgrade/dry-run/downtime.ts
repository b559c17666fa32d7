// What users notice of each step, as far as it can be told beforehand: it follows from the mode in which the gateway is
// when something stops.

import type { ModeOrder, OperationKind } from "../operations/operation.ts";
import type { ProgramStep } from "../program.ts";

/** The worst that a step has for users. */
export type Downtime =
  | "none"
  /** Requests wait, as long as the hold's bounds allow. */
  | "hold"
  /** Nobody has asked for a hold, but what is away is waited for. */
  | "automatic-hold"
  | "maintenance";

export interface Noticed {
  downtime: Downtime;
  /** WebSockets are closed, and come back. */
  closesTunnels: boolean;
}

const INTERRUPTING: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "stop-container",
  "pause-container",
  "stop-process",
]);

/** For each of the steps, in order. Those inside `parallel` count for it. */
export function downtimes(steps: readonly ProgramStep[], modeBefore: ModeOrder["name"]): Noticed[] {
  let mode = modeBefore;
  return steps.map((step) => {
    const [first] = withBranches(step);
    // What ends a mode has nothing of it any more.
    const ends = first?.kind === "set-mode" && first.mode.name === "open";
    const noticed: Noticed = { downtime: ends ? "none" : whileIn(mode), closesTunnels: false };
    for (const operation of withBranches(step)) {
      if (operation.kind === "set-mode") mode = operation.mode.name;
      if (operation.kind === "cutover" || INTERRUPTING.has(operation.kind)) noticed.closesTunnels = true;
      const interrupted =
        INTERRUPTING.has(operation.kind) && mode === "open" ? "automatic-hold" : whileIn(mode);
      if (SEVERITY.indexOf(interrupted) > SEVERITY.indexOf(noticed.downtime)) noticed.downtime = interrupted;
    }
    return noticed;
  });
}

const SEVERITY: readonly Downtime[] = ["none", "hold", "automatic-hold", "maintenance"];

function whileIn(mode: ModeOrder["name"]): Downtime {
  return mode === "open" ? "none" : mode;
}

function withBranches(step: ProgramStep): ProgramStep["operations"] {
  return [...step.operations, ...step.branches.flatMap(withBranches)];
}
