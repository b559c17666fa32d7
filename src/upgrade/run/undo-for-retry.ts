// What must be undone before a step is tried again. Of most steps nothing: their operations look at what stands.
// But a one-off that has failed keeps its exit code for ever, so that another try needs another container.

import type { Operation } from "../operations/operation.ts";
import type { ProgramStep } from "../program.ts";
import { isBegun } from "./risk.ts";
import type { RunParts } from "./run-parts.ts";
import { undoOperations } from "./undo-operations.ts";

export function undoForRetry(step: ProgramStep, { ledger, handlers }: RunParts): Operation[] {
  const { state } = ledger;
  if (step.verb !== "run" && step.verb !== "migrate") return [];
  const begun = step.operations.filter(({ id }) => isBegun(state, id));
  // One that was only stopped from waiting goes on waiting.
  if (!begun.some(({ id }) => hasFailedForSure(id))) return [];
  return begun.toReversed().flatMap((operation) => {
    // No other try has begun it at the same place of the journal.
    const prefix = `retry-${state.operations.get(operation.id)?.begunAt ?? 0}`;
    return undoOperations(operation, state, handlers, prefix);
  });

  function hasFailedForSure(id: string): boolean {
    const status = state.operations.get(id)?.status;
    return status?.name === "failed" && status.known;
  }
}
