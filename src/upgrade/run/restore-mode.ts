// The mode that a run has last asked for, to be had again after a pause has put up a maintenance page.

import type { ModeOrder, Operation } from "../operations/operation.ts";
import type { JournalState } from "./journal-state.ts";
import { operationsOf } from "./journal-state.ts";

const ACTIVE_WAIT_MS = 60_000;

/** A rollback comes back to the mode of the beginning, whatever the run has asked for on its way. */
export function expectedMode(state: JournalState): ModeOrder {
  const { started, phase } = state;
  const last = ordersOf(state).findLast(({ isDone }) => isDone);
  return phase.name === "rolling_back" || last === undefined ? modeAtStart(started.mode) : last.mode;
}

/**
 * What keeps users out while the steps that are left are done, as far as the run has seen to it. Null: nothing, or it
 * is not known whether they were let in.
 */
export function modeKeepingOut(state: JournalState): ModeOrder | null {
  const last = ordersOf(state).at(-1);
  return last?.isDone === true && last.mode.name !== "open" ? last.mode : null;
}

/** Of the program, as far as they were begun, in their order. */
function ordersOf(state: JournalState): { mode: ModeOrder; at: number; isDone: boolean }[] {
  const orders = operationsOf(state.started.program.steps).flatMap((operation) => {
    const known = state.operations.get(operation.id);
    if (operation.kind !== "set-mode" || known === undefined) return [];
    return [{ mode: operation.mode, at: known.begunAt, isDone: known.status.name === "done" }];
  });
  return orders.toSorted((one, other) => one.at - other.at);
}

export function modeOperations(mode: ModeOrder, end: string): Operation[] {
  const common = { step: "", cause: "users are let back after the pause" };
  const set: Operation = { kind: "set-mode", id: `${end}.mode`, ...common, mode };
  if (mode.name !== "open") return [set];
  const cause = "the app must answer before users are let back";
  return [{ kind: "await-active", id: `${end}.answers`, step: "", cause, waitMs: ACTIVE_WAIT_MS }, set];
}

function modeAtStart(name: ModeOrder["name"]): ModeOrder {
  switch (name) {
    case "open":
      return { name, wait: false };
    case "hold":
      return { name, leaseMs: null, maxWaitMs: null, onLeaseEnd: null, wait: false };
    case "maintenance":
      return { name, message: null, expectedMs: null, retryAfterMs: null };
  }
}
