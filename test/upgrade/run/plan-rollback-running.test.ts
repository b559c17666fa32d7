// A rollback ends when what ran before does: after the last start, before users are let in, in the order of the plan.

import { expect, test } from "vitest";
import { HANDLERS } from "../../../src/upgrade/operations/handlers.ts";
import type { JournalEntry, JournalRecord } from "../../../src/upgrade/run/journal-record.ts";
import { foldJournal } from "../../../src/upgrade/run/journal-state.ts";
import { planRollback } from "../../../src/upgrade/run/plan-rollback.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { hold, program, replace } from "./support/programs.ts";
import { startedWith } from "./support/run-in-world.ts";

function undone(steps: Parameters<typeof program>[0], outcomes: Record<string, JsonObject>): string[] {
  const entries: JournalEntry[] = [
    startedWith(program(steps)),
    ...Object.entries(outcomes).flatMap(([op, outcome]): JournalEntry[] => [
      { type: "intent", op },
      { type: "done", op, outcome },
    ]),
  ];
  const state = foldJournal(
    entries.map((entry, index): JournalRecord => ({ seq: index + 1, at: "", ...entry })),
  );
  if (state === undefined) throw new Error("it has begun");
  const plan = planRollback(state, HANDLERS, { schemaNow: null, mode: "hold", gone: new Set() });
  if (plan.kind === "blocked") throw new Error(plan.reason);
  return plan.operations.map((operation) => {
    if (operation.kind === "await-running") return `${operation.container.name} at ${operation.ports.join()}`;
    return "container" in operation ? `${operation.kind} ${operation.container.name}` : operation.kind;
  });
}

const STARTED = { wasRunning: false };

test("what needs another at its start is looked at when that one is back", () => {
  const steps = [hold(), replace("app"), replace("web")];
  const outcomes = {
    "hold.mode": { before: { name: "open" } },
    "app.stop": { wasRunning: true, answered: [8001] },
    "app.start": STARTED,
    "web.stop": { wasRunning: true, answered: [80] },
    "web.start": STARTED,
  };
  expect(undone(steps, outcomes)).toEqual([
    "stop-container new-web",
    "start-container old-web",
    "stop-container new-app",
    "start-container old-app",
    "old-app at 8001",
    "old-web at 80",
    "await-active",
    "set-mode",
  ]);
});

test("without anybody to let in it comes last", () => {
  const outcomes = { "app.stop": { wasRunning: true, answered: [] }, "app.start": STARTED };
  expect(undone([replace("app")], outcomes)).toEqual([
    "stop-container new-app",
    "start-container old-app",
    "old-app at ",
  ]);
});
