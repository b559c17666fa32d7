// Whether users could reach the app at some time since a point of the journal: what they wrote then is lost when
// the data go back to that point.

import { z } from "zod";
import type { ModeOrder } from "../operations/operation.ts";
import type { JournalState, OperationState } from "./journal-state.ts";
import { operationsOf } from "./journal-state.ts";

type ModeName = ModeOrder["name"];

interface ModeChange {
  seq: number;
  /** A hold that becomes open by itself counts as open. */
  writable: boolean;
}

/** @param modeNow as the gateway says; null: it does not answer. */
export function usersCouldWriteSince(seq: number, state: JournalState, modeNow: ModeName | null): boolean {
  if (modeNow === "open") return true;
  const changes = modeChanges(state);
  const before = changes.findLast((change) => change.seq < seq);
  const wasWritable = before?.writable ?? state.started.mode === "open";
  if (wasWritable || changes.some((change) => change.seq > seq && change.writable)) return true;
  // A lease may have ended, or a person let users in: whoever set a mode later has seen it.
  return [...state.operations.values()].some((known) => known.begunAt > seq && foundOpen(known));
}

function modeChanges(state: JournalState): ModeChange[] {
  const changes = operationsOf(state.started.program.steps).flatMap((operation): ModeChange[] => {
    const known = state.operations.get(operation.id);
    if (operation.kind !== "set-mode" || known === undefined) return [];
    const writable = isWritable(operation.mode);
    // Of an order whose outcome is not known, the worse is assumed.
    if (!writable && known.status.name !== "done") return [];
    return [{ seq: known.begunAt, writable }];
  });
  return changes.toSorted((one, other) => one.seq - other.seq);
}

/** As set-mode notes it before its call. */
const foundSchema = z.object({ before: z.object({ name: z.literal("open") }) });

function foundOpen({ outcome, notes }: OperationState): boolean {
  return foundSchema.safeParse(outcome ?? notes).success;
}

function isWritable(mode: ModeOrder): boolean {
  switch (mode.name) {
    case "open":
      return true;
    case "hold":
      return mode.onLeaseEnd === "open";
    case "maintenance":
      return false;
  }
}
