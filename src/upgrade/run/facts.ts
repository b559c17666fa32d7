// What a run finds out while it goes: whether the schema has changed, whether there is something to migrate.

import type { Program } from "../program.ts";
import type { Condition } from "../plan/plan.ts";
import type { JournalState } from "./journal-state.ts";
import { allSteps, hasBegunRisk, isMigrated } from "./risk.ts";

/** For `when: migrated`, with the reading of this moment; without a probe a started new version has migrated. */
export function isMigratedNow(state: JournalState, program: Program, schemaNow: string | null): boolean {
  const hasStarted = allSteps(program.steps).some(
    (step) => step.pointOfNoReturn?.when === "migrated" && hasBegunRisk(step, state),
  );
  if (program.readSchema === null) return hasStarted;
  const atStart = state.schemaAtStart ?? null;
  // A reading that cannot be had says nothing as long as nothing new has run.
  if (atStart === null || schemaNow === null) return hasStarted;
  return isMigrated({ atStart, now: schemaNow });
}

/** Until somebody has looked, there may be something. */
export function isPending(state: JournalState): boolean {
  return state.facts.get("pending") !== false;
}

export interface KnownFacts {
  migrated: boolean;
  pending: boolean;
}

export function holds(condition: Condition, facts: KnownFacts): boolean {
  switch (condition.kind) {
    case "known":
      return condition.holds;
    case "fact":
      return facts[condition.fact];
    case "not":
      return !holds(condition.of, facts);
  }
}

export function describeCondition(condition: Condition): string {
  switch (condition.kind) {
    case "known":
      return condition.text;
    case "fact":
      return condition.fact;
    case "not":
      return `not ${describeCondition(condition.of)}`;
  }
}
