// What a journal means, where the runs of other tests do not come by.

import { expect, test } from "vitest";
import type { JournalEntry, JournalRecord } from "../../../src/upgrade/run/journal-record.ts";
import { foldJournal } from "../../../src/upgrade/run/journal-state.ts";
import { operation, program, work } from "./support/programs.ts";
import { RUNNER, startedWith } from "./support/run-in-world.ts";

const EXEC = { command: ["back"], user: null, workdir: null, env: {}, successCodes: [0], output: null };
const container = { id: "db", name: "db" };
const UNDO = operation("work", "undo", { kind: "exec", container, ...EXEC });

/** Of an undoing that has failed, when the paused rollback goes on. */
function notesOfResumed(known: boolean) {
  const entries: JournalEntry[] = [
    startedWith(program([work("work")])),
    { type: "rollback", reason: "it failed", operations: [UNDO], lost: null },
    { type: "intent", op: UNDO.id },
    { type: "note", op: UNDO.id, notes: { exec: "3f2a", deadline: 5 } },
    { type: "failed", op: UNDO.id, message: "no answer", kind: "failed", known },
    { type: "paused", reason: "no answer", maintenance: false },
    { type: "resumed", by: RUNNER },
  ];
  const records = entries.map((entry, index): JournalRecord => ({ seq: index + 1, at: "", ...entry }));
  return foldJournal(records)?.operations.get(UNDO.id);
}

test("an undoing that may still work is looked for by a resume, but not by its old deadline", () => {
  expect(notesOfResumed(false)).toMatchObject({ status: { name: "begun" }, notes: { exec: "3f2a" } });
  expect(notesOfResumed(false)?.notes).not.toHaveProperty("deadline");
});

test("one that is known to have failed is begun anew", () => {
  expect(notesOfResumed(true)).toMatchObject({ status: { name: "begun" }, notes: {} });
});
