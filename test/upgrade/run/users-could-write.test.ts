import { expect, test } from "vitest";
import type { JournalEntry, JournalRecord } from "../../../src/upgrade/run/journal-record.ts";
import { foldJournal } from "../../../src/upgrade/run/journal-state.ts";
import { usersCouldWriteSince } from "../../../src/upgrade/run/users-could-write.ts";
import { backup, hold, program } from "./support/programs.ts";
import { startedWith } from "./support/run-in-world.ts";

/** Since the backup of a run that holds, backs up, and holds again, when it finds that mode. */
function sinceBackup(foundBySecond: "open" | "hold", how: "done" | "begun"): boolean {
  const steps = [hold("first"), backup("dump"), hold("second")];
  const found = (name: string) => ({ before: { name } });
  const entries: JournalEntry[] = [
    startedWith(program(steps)),
    { type: "intent", op: "first.mode" },
    { type: "done", op: "first.mode", outcome: found("open") },
    { type: "intent", op: "dump.write" },
    { type: "done", op: "dump.write", outcome: {} },
    { type: "intent", op: "second.mode" },
    { type: "note", op: "second.mode", notes: found(foundBySecond) },
  ];
  if (how === "done") entries.push({ type: "done", op: "second.mode", outcome: found(foundBySecond) });
  const records = entries.map((entry, index): JournalRecord => ({ seq: index + 1, at: "", ...entry }));
  const state = foldJournal(records);
  if (state === undefined) throw new Error("it has begun");
  return usersCouldWriteSince(state.operations.get("dump.write")?.begunAt ?? 0, state, "maintenance");
}

test("who holds all the time keeps users from writing", () => {
  expect(sinceBackup("hold", "done")).toBe(false);
});

test("a hold whose lease ended, or that a person let go, did not: the next step of the run has seen it", () => {
  expect(sinceBackup("open", "done")).toBe(true);
  expect(sinceBackup("open", "begun")).toBe(true);
});
