// Which steps have set something going that a rollback cannot simply take back: new code on the data, work of its
// own on them, users on the new version.

import type { OperationKind } from "../operations/operation.ts";
import type { ProgramStep } from "../program.ts";
import type { JournalState } from "./journal-state.ts";
import { operationsOf } from "./journal-state.ts";

/** What of a step may touch the data; what comes before (pull, create, stop, rename) can always be taken back. */
const RISKY: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "start-container",
  "unpause-container",
  "exec",
  "update-service",
  "scale-service",
  "create-job",
  "start-process",
  "set-canary",
  "cutover",
  "restore",
  "sync-volumes",
  "http",
  "command",
]);

/** Of its own and of its branches. */
export function hasBegunRisk(step: ProgramStep, state: JournalState): boolean {
  const operations = operationsOf([step]);
  const risky = operations.filter((operation) => RISKY.has(operation.kind));
  // A step of other effects only (`release`) is a risk as soon as it is begun, when its plan declares it one.
  return (risky.length > 0 ? risky : operations).some(({ id }) => isBegun(state, id));
}

/** It may have had an effect that is still there. */
export function isBegun(state: JournalState, operation: string): boolean {
  const status = state.operations.get(operation)?.status.name;
  return status !== undefined && status !== "reset";
}

/** Readings of the schema; null: it cannot be read, or the plan does not say how. */
export interface SchemaReadings {
  atStart: string | null;
  now: string | null;
}

/** A new version that has been started counts as having migrated unless the readings say that it has not. */
export function hasCrossed(step: ProgramStep, state: JournalState, schema: SchemaReadings): boolean {
  if (step.pointOfNoReturn === null || !hasBegunRisk(step, state)) return false;
  switch (step.pointOfNoReturn.when) {
    case "always":
      return true;
    case "migrated":
      return isMigrated(schema);
  }
}

export function isMigrated({ atStart, now }: SchemaReadings): boolean {
  return atStart === null || now === null || atStart !== now;
}

/** Of a program, those within `parallel` and what is around them included. */
export function allSteps(steps: readonly ProgramStep[]): ProgramStep[] {
  return steps.flatMap((step) => [step, ...allSteps(step.branches)]);
}
