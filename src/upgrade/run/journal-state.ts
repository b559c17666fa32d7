// What a journal says about its run: a pure fold over its records, the same for a run that goes on and for one
// that is read again after a crash.
//
//                    retry: the step's operations begin anew
//                     ┌──┐
//   started ──▶ running ──┴─────────────────────────────────▶ finished (kept)
//                 │  ▲ │
//          paused │  │ └── rollback ──▶ rolling_back ────────▶ finished (rolled back)
//                 ▼  │ resumed            │      ▲
//               paused                    ▼      │ resumed
//                 └────── rollback ─────▶ paused ┘

import type { JsonObject } from "../../lib/json.ts";
import type { Operation } from "../operations/operation.ts";
import type { FailureKind } from "../operations/step-failure.ts";
import type { ProgramStep } from "../program.ts";
import type { JournalRecord, RollbackEntry, StartedEntry } from "./journal-record.ts";

export interface JournalState {
  started: StartedEntry;
  phase: RunPhase;
  /** By id, also those of retries and of the rollback. */
  operations: ReadonlyMap<string, OperationState>;
  /** Steps that are over without being done, and why. */
  skipped: ReadonlyMap<string, string>;
  passed: ReadonlyMap<string, string>;
  retries: ReadonlyMap<string, RetryState>;
  /** The last reading of each. */
  facts: ReadonlyMap<string, string | boolean | null>;
  /** The reading of the schema from before the first effect; undefined: there was none. */
  schemaAtStart: string | null | undefined;
  answers: ReadonlyMap<string, "approved" | "declined">;
  cancelled: boolean;
  /** Its pause put up a maintenance page, and nothing has taken it away since. */
  ownMaintenance: boolean;
}

export type RunPhase =
  | { name: "running" }
  | { name: "rolling_back"; rollback: RollbackEntry }
  /** `rollback` null: the run was going forward. */
  | { name: "paused"; reason: string; rollback: RollbackEntry | null }
  | { name: "finished"; state: "kept" | "rolled_back"; exitCode: 0 | 10 | 20; lost: string | null };

export interface OperationState {
  /** Where its last intent stands in the journal: the order of the undoing. */
  begunAt: number;
  status: OperationStatus;
  notes: JsonObject;
  /** Of the last time it was done; what a retry has undone is still found by its undoing. */
  outcome: JsonObject | undefined;
}

export type OperationStatus =
  /** Its outcome is not known. */
  | { name: "begun" }
  | { name: "done" }
  | { name: "failed"; message: string; kind: FailureKind; known: boolean }
  /** It is to be done anew. */
  | { name: "reset" };

export interface RetryState {
  /** Since the run was last resumed. */
  count: number;
  operations: Operation[];
}

/** Undefined: nothing was begun. Records of a journal come in its order. */
export function foldJournal(records: readonly JournalRecord[]): JournalState | undefined {
  let state: JournalState | undefined;
  for (const record of records) {
    state = state === undefined ? stateAtStart(record) : nextState(state, record);
  }
  return state;
}

function stateAtStart(record: JournalRecord): JournalState | undefined {
  if (record.type !== "started") return undefined;
  return {
    started: record,
    phase: { name: "running" },
    operations: new Map(),
    skipped: new Map(),
    passed: new Map(),
    retries: new Map(),
    facts: new Map(),
    schemaAtStart: undefined,
    answers: new Map(),
    cancelled: false,
    ownMaintenance: false,
  };
}

export function nextState(state: JournalState, record: JournalRecord): JournalState {
  switch (record.type) {
    case "started":
      return state;
    case "intent":
    case "note":
    case "done":
    case "failed":
      return withOperation(state, record);
    case "skipped":
      return { ...state, skipped: new Map(state.skipped).set(record.step, record.why) };
    case "passed":
      return { ...state, passed: new Map(state.passed).set(record.step, record.message) };
    case "fact":
      return withFact(state, record.name, record.value);
    case "retry":
      return withRetry(state, record.step, record.operations);
    case "approved":
    case "declined":
      return { ...state, answers: new Map(state.answers).set(record.op, record.type) };
    case "cancelled":
      return { ...state, cancelled: true };
    case "rollback":
    case "paused":
    case "resumed":
    case "finished":
      return withPhase(state, record);
  }
}

type OperationRecord = Extract<JournalRecord, { type: "intent" | "note" | "done" | "failed" }>;

function withOperation(state: JournalState, record: OperationRecord): JournalState {
  const before = state.operations.get(record.op);
  const operations = new Map(state.operations).set(record.op, nextOperation(before, record));
  // Whoever sets the mode takes the page of the pause away, or means to.
  const setsMode = record.type === "intent" && kindOf(state, record.op) === "set-mode";
  return { ...state, operations, ownMaintenance: state.ownMaintenance && !setsMode };
}

function nextOperation(before: OperationState | undefined, record: OperationRecord): OperationState {
  const { seq } = record;
  const state = before ?? { begunAt: seq, status: { name: "begun" }, notes: {}, outcome: undefined };
  switch (record.type) {
    case "intent": {
      const isNew = before === undefined || before.status.name === "reset";
      return isNew
        ? { begunAt: seq, status: { name: "begun" }, notes: {}, outcome: undefined }
        : { ...state, status: { name: "begun" } };
    }
    case "note":
      return { ...state, notes: { ...state.notes, ...record.notes } };
    case "done":
      return { ...state, status: { name: "done" }, outcome: record.outcome };
    case "failed": {
      const { message, kind, known } = record;
      return { ...state, status: { name: "failed", message, kind, known } };
    }
  }
}

/** What is known to have failed begins anew; what may have had its effect is looked at first. */
function withRetry(state: JournalState, step: string, undoing: Operation[]): JournalState {
  const operations = new Map(state.operations);
  const owned = operationsOf(state.started.program.steps).filter((operation) => operation.step === step);
  for (const { id } of owned) {
    const known = operations.get(id);
    if (known && (undoing.length > 0 || isKnownFailure(known))) {
      operations.set(id, { ...known, status: { name: "reset" } });
    } else if (known?.status.name === "failed") {
      operations.set(id, { ...known, status: { name: "begun" } });
    }
  }
  const count = (state.retries.get(step)?.count ?? 0) + 1;
  const retries = new Map(state.retries).set(step, { count, operations: undoing });
  return { ...state, operations, retries, phase: { name: "running" } };
}

function isKnownFailure({ status }: OperationState): boolean {
  return status.name === "failed" && status.known;
}

function withFact(state: JournalState, name: string, value: string | boolean | null): JournalState {
  const isFirstSchema = name === "schema" && state.schemaAtStart === undefined;
  const schemaAtStart = isFirstSchema && typeof value !== "boolean" ? value : state.schemaAtStart;
  return { ...state, schemaAtStart, facts: new Map(state.facts).set(name, value) };
}

type PhaseRecord = Extract<JournalRecord, { type: "rollback" | "paused" | "resumed" | "finished" }>;

function withPhase(state: JournalState, record: PhaseRecord): JournalState {
  switch (record.type) {
    case "rollback":
      return { ...state, phase: { name: "rolling_back", rollback: record } };
    case "paused": {
      const rollback = rollbackOf(state.phase);
      const phase = { name: "paused" as const, reason: record.reason, rollback };
      return { ...state, phase, ownMaintenance: state.ownMaintenance || record.maintenance };
    }
    case "resumed":
      return resumed(state);
    case "finished": {
      const { state: end, exitCode, lost } = record;
      return { ...state, phase: { name: "finished", state: end, exitCode, lost } };
    }
  }
}

/** Only a pause is ended by it: a crash leaves the phase as it was. */
function resumed(state: JournalState): JournalState {
  if (state.phase.name !== "paused") return state;
  const { rollback } = state.phase;
  const operations = rollback === null ? state.operations : withFreshNotes(state.operations);
  const retries = new Map([...state.retries].map(([step, retry]) => [step, { ...retry, count: 0 }]));
  const phase: RunPhase = rollback === null ? { name: "running" } : { name: "rolling_back", rollback };
  return { ...state, phase, operations, retries, cancelled: false };
}

/**
 * What has failed is looked at again, but not by a deadline that is over, nor by a command that has failed. One of
 * which that is not known may still work: it is looked for.
 */
function withFreshNotes(operations: JournalState["operations"]): JournalState["operations"] {
  return new Map(
    [...operations].map(([id, known]) => {
      if (known.status.name !== "failed") return [id, known];
      const notes = known.status.known ? {} : withoutDeadlines(known.notes);
      return [id, { ...known, status: { name: "begun" }, notes }];
    }),
  );
}

const DEADLINES: ReadonlySet<string> = new Set(["deadline", "until"]);

function withoutDeadlines(notes: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(notes).filter(([name]) => !DEADLINES.has(name)));
}

function rollbackOf(phase: RunPhase): RollbackEntry | null {
  switch (phase.name) {
    case "rolling_back":
    case "paused":
      return phase.rollback;
    case "running":
    case "finished":
      return null;
  }
}

/** Of an operation of the program, or of the rollback that is under way. */
function kindOf(state: JournalState, id: string): string | undefined {
  const rollback = rollbackOf(state.phase)?.operations ?? [];
  const all = [...operationsOf(state.started.program.steps), ...rollback];
  return all.find((operation) => operation.id === id)?.kind;
}

/** In the order of the program, those of branches included. */
export function operationsOf(steps: readonly ProgramStep[]): Operation[] {
  return steps.flatMap((step) => [...step.operations, ...operationsOf(step.branches)]);
}
