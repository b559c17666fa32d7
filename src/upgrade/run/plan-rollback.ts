// What a rollback will do, made from the journal and from what is known now; pure, so that it can be printed before
// it is done and journalled as a whole. Steps are undone the last one first, and within a step the last operation
// first. Where a step has a declared way back, it comes when nothing new runs any more and nothing old runs yet:
//
//   what the step started is stopped ▸ its way back ▸ the rest, which starts the old again
//
// Past a point of no return the same holds for all later steps together: what they had replaced is old code too, and
// must not see the data before these are what they were.

import type { Handlers } from "../operations/handler.ts";
import type { ModeOrder, Operation, OperationKind, OperationOf } from "../operations/operation.ts";
import type { ProgramStep } from "../program.ts";
import type { JournalState } from "./journal-state.ts";
import { operationsOf } from "./journal-state.ts";
import { allSteps, hasBegunRisk, hasCrossed, isBegun } from "./risk.ts";
import type { SchemaReadings } from "./risk.ts";
import { undoOperations } from "./undo-operations.ts";
import { usersCouldWriteSince } from "./users-could-write.ts";

export interface RollbackFacts {
  /** Null: it cannot be read, or the plan does not say how. */
  schemaNow: string | null;
  /** Of the service; null: the gateway does not answer. */
  mode: ModeOrder["name"] | null;
  /** Ids of containers of before that the engine has no more. */
  gone: ReadonlySet<string>;
}

export type RollbackPlan =
  | { kind: "operations"; operations: Operation[]; lost: string | null; exitCode: 10 | 20 }
  /** Nothing may be undone. */
  | { kind: "blocked"; reason: string };

/** How long the old version has to answer before users are let back. */
const ACTIVE_WAIT_MS = 60_000;
const STOPPING: ReadonlySet<OperationKind> = new Set<OperationKind>([
  "stop-container",
  "pause-container",
  "stop-process",
  "remove-service",
  "await-exec",
]);

export function planRollback(state: JournalState, handlers: Handlers, facts: RollbackFacts): RollbackPlan {
  const schema: SchemaReadings = { atStart: state.schemaAtStart ?? null, now: facts.schemaNow };
  const steps = state.started.program.steps;
  const reason = oneWay(steps, state, schema, false);
  if (reason !== null) return { kind: "blocked", reason };

  const crossed = steps.findIndex((step) => allSteps([step]).some((one) => hasCrossed(one, state, schema)));
  const undo = (group: readonly ProgramStep[]): Operation[] => undoTogether(group, state, handlers, schema);
  const before = crossed === -1 ? steps : steps.slice(0, crossed);
  const together = crossed === -1 ? [] : steps.slice(crossed);
  const undone = [...undo(together), ...before.toReversed().flatMap((step) => undo([step]))];
  const proven = undone.flatMap((operation, index) => withProof(operation, undone[index - 1]));
  const operations = namedBeforeUntagged(withRunning(proven));
  const missing = missingOf(operations, state, facts);
  if (missing !== null) return { kind: "blocked", reason: missing };

  const lost = lossOf(state, schema, facts);
  return { kind: "operations", operations, lost, exitCode: lost === null ? 10 : 20 };
}

/** Why it must not go back: an old version on changed data breaks them. */
function oneWay(
  steps: readonly ProgramStep[],
  state: JournalState,
  schema: SchemaReadings,
  isCovered: boolean,
): string | null {
  for (const step of steps) {
    const hasWayBack = isCovered || step.undo !== null || allSteps(step.branches).some(({ undo }) => undo);
    if (hasCrossed(step, state, schema) && !hasWayBack) return crossing(step, schema);
    const within = oneWay(step.branches, state, schema, isCovered || step.undo !== null);
    if (within !== null) return within;
  }
  return null;
}

function crossing(step: ProgramStep, { atStart, now }: SchemaReadings): string {
  const past = `the step ${step.id} is past its point of no return`;
  const readings = atStart !== null && now !== null ? ` (the schema was ${atStart} and is ${now})` : "";
  const unread = " (whether the schema has changed cannot be told, so it counts as changed)";
  const why = step.pointOfNoReturn?.when === "migrated" ? readings || unread : "";
  return `${past}${why} and declares no way back (undo, down)`;
}

function undoTogether(
  steps: readonly ProgramStep[],
  state: JournalState,
  handlers: Handlers,
  schema: SchemaReadings,
): Operation[] {
  const inverses = begunOf(steps, state).flatMap((operation) =>
    undoOperations(operation, state, handlers, "undo"),
  );
  const waysBack = waysBackOf(steps, state, schema).flatMap(({ undo }) => undo ?? []);
  if (waysBack.length === 0) return inverses;
  const isFirst = (operation: Operation): boolean => STOPPING.has(operation.kind) || keepsOut(operation);
  return [...inverses.filter(isFirst), ...waysBack, ...inverses.filter((operation) => !isFirst(operation))];
}

/** Users, before what serves them is stopped. */
function keepsOut(operation: Operation): boolean {
  return operation.kind === "set-mode" && operation.mode.name !== "open";
}

/** Of the steps and their branches, the last one first. */
function begunOf(steps: readonly ProgramStep[], state: JournalState): Operation[] {
  const begun = operationsOf(steps).filter(({ id }) => isBegun(state, id));
  return begun.toSorted((one, other) => begunAt(state, other.id) - begunAt(state, one.id));
}

/** Of a step with a point of no return only past it: what it costs must not be paid for nothing. */
function waysBackOf(
  steps: readonly ProgramStep[],
  state: JournalState,
  schema: SchemaReadings,
): ProgramStep[] {
  const applying = allSteps(steps).filter((one) => {
    if (one.undo === null || one.undo.length === 0) return false;
    return one.pointOfNoReturn === null ? hasBegunRisk(one, state) : hasCrossed(one, state, schema);
  });
  return applying.toSorted((one, other) => lastBegun(other, state) - lastBegun(one, state));
}

function lastBegun(step: ProgramStep, state: JournalState): number {
  return Math.max(0, ...operationsOf([step]).map(({ id }) => begunAt(state, id)));
}

/** Users are let back only to an app that answers. */
function withProof(operation: Operation, before: Operation | undefined): Operation[] {
  if (!letsIn(operation) || before?.kind === "await-active") return [operation];
  const { id, step } = operation;
  const cause = "the app must answer before users are let back";
  return [{ kind: "await-active", id: `${id}.answers`, step, cause, waitMs: ACTIVE_WAIT_MS }, operation];
}

/**
 * What ran before must run again before users are let in: starting it is not enough, and one may have ended because
 * what it needs was not back yet. So they are looked at when all are started, in the order of the plan.
 */
function withRunning(operations: readonly Operation[]): Operation[] {
  const started: Operation[] = [];
  const result: Operation[] = [];
  for (const operation of operations) {
    if (letsIn(operation) || operation.kind === "await-active") result.push(...started.splice(0));
    result.push(operation);
    if (operation.kind === "start-container") started.unshift(...awaitRunning(operation));
  }
  return [...result, ...started];
}

function awaitRunning({ id, step, container, answered }: OperationOf<"start-container">): Operation[] {
  if (answered === undefined) return [];
  const where = answered.length === 0 ? "" : `, and accepted connections at ${answered.join(", ")}`;
  const cause = `${container.name} ran before${where}`;
  const waitMs = ACTIVE_WAIT_MS;
  return [{ kind: "await-running", id: `${id}.runs`, step, cause, container, ports: answered, waitMs }];
}

/**
 * The name that kept an image is its last one where a pull has moved the other: the engine does not take that away
 * while a container runs, so the pull is undone first.
 */
function namedBeforeUntagged(operations: readonly Operation[]): Operation[] {
  const lastNamed = operations.findLastIndex(({ kind }) => kind === "tag-image");
  const isEarly = (operation: Operation): boolean => operation.kind === "untag-image";
  const before = operations.slice(0, lastNamed + 1);
  return [
    ...before.filter((operation) => !isEarly(operation)),
    ...before.filter(isEarly),
    ...operations.slice(lastNamed + 1),
  ];
}

function letsIn(operation: Operation): boolean {
  return operation.kind === "set-mode" && operation.mode.name === "open";
}

function missingOf(
  operations: readonly Operation[],
  state: JournalState,
  { gone }: RollbackFacts,
): string | null {
  for (const operation of operations) {
    if (operation.kind === "restore" && !isWritten(state, operation.from.writtenBy)) {
      const backup = stepOf(operation.from.writtenBy, state);
      return `the way back of the step ${operation.step} needs the backup ${backup}, which was not written`;
    }
    if (operation.kind !== "start-container" && operation.kind !== "rename-container") continue;
    const { container } = operation;
    if ("id" in container && gone.has(container.id)) {
      return `the container ${container.name} (${container.id.slice(0, 12)}) of before is not there any more`;
    }
  }
  return null;
}

function isWritten(state: JournalState, backup: string): boolean {
  return state.operations.get(backup)?.status.name === "done";
}

function lossOf(state: JournalState, schema: SchemaReadings, facts: RollbackFacts): string | null {
  const steps = allSteps(state.started.program.steps);
  const declared = steps.flatMap((step) => {
    if (step.loses === null || !hasBegunRisk(step, state)) return [];
    return usersCouldWriteSince(firstBegun(step, state), state, facts.mode) ? [step.loses] : [];
  });
  const restored = waysBackOf(state.started.program.steps, state, schema)
    .flatMap(({ undo }) => undo ?? [])
    .flatMap((operation) => (operation.kind === "restore" ? [operation.from.writtenBy] : []))
    .filter((backup) => usersCouldWriteSince(begunAt(state, backup), state, facts.mode))
    .map((backup) => `what was written after the backup ${stepOf(backup, state)} was begun`);
  const all = [...new Set([...declared, ...restored])];
  return all.length === 0 ? null : all.join("; ");
}

/** As its plan names it. */
function stepOf(operation: string, state: JournalState): string {
  const found = operationsOf(state.started.program.steps).find(({ id }) => id === operation);
  return found?.step ?? operation;
}

function firstBegun(step: ProgramStep, state: JournalState): number {
  const begun = begunOf([step], state);
  return Math.min(...begun.map(({ id }) => begunAt(state, id)));
}

function begunAt(state: JournalState, operation: string): number {
  return state.operations.get(operation)?.begunAt ?? 0;
}
