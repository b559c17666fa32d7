// What a rollback does, printed: one operation a line.

import { expect, test } from "vitest";
import type { Operation } from "../../../src/upgrade/operations/operation.ts";
import type { ProgramStep } from "../../../src/upgrade/program.ts";
import type { JournalEntry, JournalRecord } from "../../../src/upgrade/run/journal-record.ts";
import { foldJournal } from "../../../src/upgrade/run/journal-state.ts";
import { planRollback } from "../../../src/upgrade/run/plan-rollback.ts";
import type { RollbackFacts, RollbackPlan } from "../../../src/upgrade/run/plan-rollback.ts";
import {
  backup,
  check,
  hold,
  parallel,
  program,
  release,
  replace,
  restoring,
  work,
} from "./support/programs.ts";
import { hastyClock, startedWith } from "./support/run-in-world.ts";
import { SimulatedWorld } from "./support/simulated-world.ts";

const UNTOUCHED: RollbackFacts = { schemaNow: "1", mode: "hold", gone: new Set() };
const MIGRATED = { when: "migrated" as const };

/** Of a run that has done these operations, in this order; `id?` was begun only, `id!` has failed. */
function planned(steps: ProgramStep[], done: string[], facts: Partial<RollbackFacts> = {}): RollbackPlan {
  const entries: JournalEntry[] = [
    startedWith(program(steps, { hasProbe: true })),
    { type: "fact", name: "schema", value: "1" },
    ...done.flatMap(recordsOf),
  ];
  const records = entries.map((entry, index): JournalRecord => ({ seq: index + 1, at: "", ...entry }));
  const state = foldJournal(records);
  if (state === undefined) throw new Error("it has begun");
  const { handlers } = new SimulatedWorld(hastyClock, { running: [] });
  return planRollback(state, handlers, { ...UNTOUCHED, ...facts });
}

function recordsOf(text: string): JournalEntry[] {
  const op = text.replace(/[?!]$/, "");
  const begun: JournalEntry[] = [
    { type: "intent", op },
    ...(op.endsWith(".mode")
      ? [{ type: "note" as const, op, notes: { before: op.startsWith("hold") ? "open" : "hold" } }]
      : []),
  ];
  if (text.endsWith("?")) return begun;
  if (text.endsWith("!"))
    return [...begun, { type: "failed", op, message: "no", kind: "failed", known: true }];
  return [...begun, { type: "done", op, outcome: {} }];
}

function printed(plan: RollbackPlan): string[] {
  if (plan.kind === "blocked") return [`blocked: ${plan.reason}`];
  const end = plan.lost === null ? `${plan.exitCode}` : `${plan.exitCode}, lost: ${plan.lost}`;
  return [...plan.operations.map(line), end];
}

function line(operation: Operation): string {
  if (operation.kind === "set-mode") return `set-mode ${operation.mode.name}`;
  if ("container" in operation) return `${operation.kind} ${operation.container.name}`;
  return operation.kind === "restore" ? `restore from ${operation.from.writtenBy}` : operation.kind;
}

const APP = replace("app", { pointOfNoReturn: MIGRATED, undo: restoring("app", "dump") });
const HELD = ["hold.mode", "dump.write"];
const REPLACED = ["app.stop", "app.start"];

test("what was done is undone backwards, and users are let back to an app that answers", () => {
  const steps = [hold(), work("tell"), replace("app")];
  expect(printed(planned(steps, ["hold.mode", "tell.work", ...REPLACED]))).toEqual([
    "stop-container new-app",
    "start-container old-app",
    "await-active",
    "set-mode open",
    "10",
  ]);
});

test("what was begun is undone like what was done; what was not begun is left alone", () => {
  const steps = [hold(), replace("app")];
  expect(printed(planned(steps, ["hold.mode", "app.stop?"]))).toEqual([
    "start-container old-app",
    "await-active",
    "set-mode open",
    "10",
  ]);
  expect(printed(planned(steps, []))).toEqual(["10"]);
});

test("ids of the undoing are its own, and its steps those of what is undone", () => {
  const plan = planned([replace("app")], REPLACED);
  expect(plan.kind === "operations" && plan.operations.map(({ id, step }) => `${id} of ${step}`)).toEqual([
    "undo.app.start.1 of app",
    "undo.app.stop.1 of app",
  ]);
});

test("a way back comes when nothing new runs any more and nothing old runs yet", () => {
  const plan = planned([hold(), backup("dump"), APP], [...HELD, ...REPLACED], { schemaNow: "2" });
  expect(printed(plan)).toEqual([
    "stop-container new-app",
    "restore from dump.write",
    "start-container old-app",
    "await-active",
    "set-mode open",
    "10",
  ]);
});

test("as long as the schema is what it was, the way back past the point of no return is not taken", () => {
  const plan = planned([hold(), backup("dump"), APP], [...HELD, ...REPLACED]);
  expect(printed(plan)).not.toContain("restore from dump.write");
});

test.each([
  ["has changed", { schemaNow: "2" }, "(the schema was 1 and is 2)"],
  [
    "cannot be read",
    { schemaNow: null },
    "(whether the schema has changed cannot be told, so it counts as changed)",
  ],
])(
  "past the point of no return nothing is undone without a way back: the schema %s",
  (_title, facts, why) => {
    const steps = [hold(), replace("app", { pointOfNoReturn: MIGRATED })];
    expect(printed(planned(steps, ["hold.mode", ...REPLACED], facts))).toEqual([
      `blocked: the step app is past its point of no return ${why} and declares no way back (undo, down)`,
    ]);
  },
);

test("until the new has been started, the point of no return is not passed", () => {
  for (const when of ["migrated", "always"] as const) {
    const steps = [replace("app", { pointOfNoReturn: { when } })];
    expect(printed(planned(steps, ["app.stop"], { schemaNow: null }))).toEqual([
      "start-container old-app",
      "10",
    ]);
    expect(planned(steps, ["app.stop", "app.start?"], { schemaNow: null }).kind).toBe("blocked");
  }
});

test("`always` does not ask for the schema", () => {
  const steps = [replace("app", { pointOfNoReturn: { when: "always" } })];
  expect(planned(steps, REPLACED).kind).toBe("blocked");
});

test("past the point of no return, later steps start their old only after the way back", () => {
  const plan = planned(
    [backup("dump"), APP, replace("web")],
    ["dump.write", ...REPLACED, "web.stop", "web.start"],
    {
      schemaNow: "2",
    },
  );
  expect(printed(plan)).toEqual([
    "stop-container new-web",
    "stop-container new-app",
    "restore from dump.write",
    "start-container old-web",
    "start-container old-app",
    "20, lost: what was written after the backup dump was begun",
  ]);
});

test("two branches past their points of no return: both stop, both go back, then both start", () => {
  const web = replace("web", { pointOfNoReturn: MIGRATED, undo: restoring("web", "files") });
  const steps = [backup("dump"), backup("files"), parallel("both", [APP, web])];
  const done = ["dump.write", "files.write", "app.stop", "web.stop", "app.start", "web.start!"];
  expect(printed(planned(steps, done, { schemaNow: "2" }))).toEqual([
    "stop-container new-web",
    "stop-container new-app",
    "restore from files.write",
    "restore from dump.write",
    "start-container old-web",
    "start-container old-app",
    expect.stringMatching(/^20, lost: .*backup files was.*; .*backup dump was/),
  ]);
});

test("one branch without a way back blocks all, unless what is around both declares one", () => {
  const web = replace("web", { pointOfNoReturn: MIGRATED });
  const done = ["dump.write", ...REPLACED, "web.stop", "web.start"];
  const bare = planned([backup("dump"), parallel("both", [APP, web])], done, { schemaNow: "2" });
  expect(printed(bare)[0]).toContain("blocked: the step web is past");
  const around = parallel("both", [replace("app", { pointOfNoReturn: MIGRATED }), web], {
    undo: restoring("both", "dump"),
  });
  expect(printed(planned([backup("dump"), around], done, { schemaNow: "2" }))[2]).toBe(
    "restore from dump.write",
  );
});

test("a way back that needs a backup which was not written is none", () => {
  expect(printed(planned([backup("dump"), APP], REPLACED, { schemaNow: "2" }))).toEqual([
    "blocked: the way back of the step app needs the backup dump, which was not written",
  ]);
});

test("users are kept out again before anything is stopped", () => {
  const steps = [hold(), backup("dump"), APP, release(), check("proof")];
  const plan = planned(steps, [...HELD, ...REPLACED, "release.mode", "proof.look!"], {
    schemaNow: "2",
    mode: "open",
  });
  expect(printed(plan)).toEqual([
    "set-mode hold",
    "stop-container new-app",
    "restore from dump.write",
    "start-container old-app",
    "await-active",
    "set-mode open",
    "20, lost: what was written after the backup dump was begun",
  ]);
});

test.each([
  ["held since before the backup", [...HELD, ...REPLACED], "hold" as const, 10],
  ["open when the backup was written", ["dump.write", "hold.mode", ...REPLACED], "hold" as const, 20],
  ["let in after it, and held again since", [...HELD, ...REPLACED, "release.mode"], "hold" as const, 20],
  ["open at this moment, whatever the run had asked for", [...HELD, ...REPLACED], "open" as const, 20],
  ["not asked for any more", [...HELD, ...REPLACED], null, 10],
])("a restore loses what users wrote since the backup: %s", (_title, done, mode, exitCode) => {
  const steps = [hold(), backup("dump"), APP, release()];
  expect(planned(steps, done, { schemaNow: "2", mode })).toMatchObject({ kind: "operations", exitCode });
});

test("what a step says that its rollback loses is named when users could write since", () => {
  const switched = replace("green", { loses: "what was written on green" });
  const steps = [hold(), switched, release()];
  const done = ["hold.mode", "green.stop", "green.start"];
  expect(planned(steps, done)).toMatchObject({ lost: null, exitCode: 10 });
  expect(planned(steps, [...done, "release.mode?"])).toMatchObject({
    lost: "what was written on green",
    exitCode: 20,
  });
  expect(planned(steps, ["hold.mode", "green.stop"], { mode: "open" })).toMatchObject({ lost: null });
});

test("a container of before that is gone cannot be started, so nothing is undone", () => {
  expect(printed(planned([replace("app")], REPLACED, { gone: new Set(["old-app"]) }))).toEqual([
    "blocked: the container old-app (old-app) of before is not there any more",
  ]);
});

test("the undo of a step without a point of no return is taken as soon as its work was begun", () => {
  const steps = [work("tell", { undo: restoring("tell", "dump") }), backup("dump")];
  expect(planned(steps, ["tell.work?"]).kind).toBe("blocked");
  expect(printed(planned(steps, ["dump.write", "tell.work?"]))).toContain("restore from dump.write");
  expect(printed(planned(steps, ["dump.write"]))).toEqual(["10"]);
});
