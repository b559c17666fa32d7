// A pull that has moved the name of the image that runs, as every pull of `latest` does.

import { expect, test } from "vitest";
import { HANDLERS } from "../../../src/upgrade/operations/handlers.ts";
import type { JournalEntry, JournalRecord } from "../../../src/upgrade/run/journal-record.ts";
import { foldJournal } from "../../../src/upgrade/run/journal-state.ts";
import { planRollback } from "../../../src/upgrade/run/plan-rollback.ts";
import { program, step } from "./support/programs.ts";
import { startedWith } from "./support/run-in-world.ts";

const pulled = {
  kind: "pull-image",
  image: "app:latest",
  digest: null,
  platform: null,
  before: "old",
} as const;
const kept = { kind: "tag-image", image: "old", tag: "holdgate/rollback:r-app", before: null } as const;
const container = { id: "app", name: "app" };
const stopped = { kind: "stop-container", container, graceMs: null, signal: null, wasRunning: true } as const;

test("the old image has its name again before it loses the one that kept it", () => {
  const steps = [step("pull", { pull: pulled }), step("app", { tag: kept, stop: stopped })];
  const entries: JournalEntry[] = [
    startedWith(program(steps)),
    ...["pull.pull", "app.tag", "app.stop"].flatMap((op): JournalEntry[] => [
      { type: "intent", op },
      { type: "done", op, outcome: {} },
    ]),
  ];
  const records = entries.map((entry, index): JournalRecord => ({ seq: index + 1, at: "", ...entry }));
  const state = foldJournal(records);
  if (state === undefined) throw new Error("it has begun");
  const plan = planRollback(state, HANDLERS, { schemaNow: null, mode: "open", gone: new Set() });
  const kinds = plan.kind === "operations" ? plan.operations.map(({ kind }) => kind) : [];
  expect(kinds).toEqual(["start-container", "tag-image", "untag-image"]);
});
