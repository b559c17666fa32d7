// Random programs in a tiny world, with operations that fail and a runner that is killed at any record of its
// journal, again and again: whatever happens, the run ends kept, rolled back or paused, and the world fits.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ProgramStep } from "../../../src/upgrade/program.ts";
import { foldJournal } from "../../../src/upgrade/run/journal-state.ts";
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
import type { Crash } from "./support/memory-journal.ts";
import { RunInWorld, hastyClock } from "./support/run-in-world.ts";
import type { RunEnd, Way } from "./support/run-in-world.ts";
import { SimulatedWorld } from "./support/simulated-world.ts";
import type { Trouble } from "./support/simulated-world.ts";

interface Scenario {
  steps: ProgramStep[];
  hasProbe: boolean;
  migrating: string[];
  troubles: [number, Trouble][];
  crashes: Crash[];
}

type Shape =
  | { kind: "replace"; migrates: boolean; way: "restore" | "none" }
  | { kind: "work" }
  | { kind: "check" };
type Reaction = ProgramStep["onFailure"];
interface Sketch {
  shape: Shape;
  onFailure: Reaction;
  attempts: number;
}

const shape: fc.Arbitrary<Shape> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom<Shape>({ kind: "work" }, { kind: "check" }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("replace" as const),
      migrates: fc.constantFrom(true, true, false),
      way: fc.constantFrom("restore" as const, "restore" as const, "none" as const),
    }),
  },
);
const sketch: fc.Arbitrary<Sketch> = fc.record({
  shape,
  onFailure: fc.constantFrom<Reaction>("rollback", "rollback", "pause", "continue"),
  attempts: fc.integer({ min: 1, max: 2 }),
});
const crash: fc.Arbitrary<Crash> = fc.record({
  at: fc.nat({ max: 25 }),
  when: fc.constantFrom("before" as const, "after" as const),
});
const trouble = fc.tuple(
  fc.nat({ max: 16 }),
  fc.constantFrom<Trouble>("fails", "fails-late", "answer-lost", "needs-a-person"),
);

const scenario: fc.Arbitrary<Scenario> = fc
  .record({
    parts: fc.array(fc.oneof(sketch, fc.array(sketch, { minLength: 2, maxLength: 3 })), { maxLength: 4 }),
    holds: fc.boolean(),
    hasProbe: fc.boolean(),
    troubles: fc.array(trouble, { minLength: 1, maxLength: 3 }),
    crashes: fc.array(crash, { maxLength: 4 }),
  })
  .map(({ parts, holds, ...rest }) => ({ ...build(parts, holds), ...rest }));

function build(parts: (Sketch | Sketch[])[], holds: boolean): Pick<Scenario, "steps" | "migrating"> {
  const migrating: string[] = [];
  const middle = parts.map((part, index) => {
    if (!Array.isArray(part)) return toStep(`s${index}`, part, migrating);
    return parallel(
      `p${index}`,
      part.map((one, at) => toStep(`s${index}-${at}`, one, migrating)),
    );
  });
  const around = holds ? [hold(), ...middle, check("proof"), release()] : [...middle, check("proof")];
  return { steps: [backup("dump"), ...around, work("last")], migrating };
}

function toStep(id: string, { shape, onFailure, attempts }: Sketch, migrating: string[]): ProgramStep {
  const common = { onFailure, retry: { attempts, backoffMs: 1 } };
  if (shape.kind === "work") return work(id, common);
  if (shape.kind === "check") return check(id, common);
  if (!shape.migrates) return replace(id, common);
  migrating.push(`new-${id}`);
  const undo = shape.way === "restore" ? restoring(id, "dump") : null;
  return replace(id, { ...common, pointOfNoReturn: { when: "migrated" }, undo });
}

const namesOf = (steps: ProgramStep[]): string[] =>
  steps.flatMap((step) => [...(step.verb === "replace" ? [step.id] : []), ...namesOf(step.branches)]);
const idsOf = (steps: ProgramStep[]): string[] =>
  steps.flatMap((step) =>
    [...step.operations, ...(step.undo ?? [])].map(({ id }) => id).concat(idsOf(step.branches)),
  );

function begin({ steps, hasProbe, migrating, troubles }: Scenario): RunInWorld {
  const ids = idsOf(steps).flatMap((id) => [id, `undo.${id}.1`]);
  const named = troubles.map(([at, kind]) => [ids[at % ids.length] ?? "", kind]);
  const running = namesOf(steps).map((name) => `old-${name}`);
  const world = new SimulatedWorld(hastyClock, { running, migrating, troubles: Object.fromEntries(named) });
  return new RunInWorld(world, program(steps, { hasProbe }));
}

/** Started, and resumed after each crash. */
async function untilRest(
  run: RunInWorld,
  crashes: Crash[],
  begun: Way = "start",
): Promise<Extract<RunEnd, { kind: "ended" }>> {
  let way = begun;
  for (const crash of [...crashes, null]) {
    const end = await run.go(way, { crash });
    if (end.kind === "ended") return end;
    if (begun === "start") way = "resume";
  }
  throw new Error("a runner that is not killed comes to an end");
}

function judge(
  run: RunInWorld,
  start: unknown,
  end: Extract<RunEnd, { kind: "ended" }>,
  steps: ProgramStep[],
): void {
  const { world } = run;
  expect(world.violations).toEqual([]);
  expect([...world.worked.values()].every((times) => times === 1)).toBe(true);
  const { state } = end.result;
  if (state === "rolled_back") expect(world.snapshot()).toEqual(start);
  if (state === "kept") expectGoal(run, steps);
  if (state === "paused")
    expect(world.isServed || world.gateway.service.mode.name === "maintenance").toBe(true);
  expect(["kept", "rolled_back", "paused"]).toContain(state);
  expect(run.records.findIndex(({ type }) => type === "finished")).toBe(
    state === "paused" ? -1 : run.records.length - 1,
  );
}

function expectGoal({ world, records }: RunInWorld, steps: ProgramStep[]): void {
  const passed = foldJournal(records)?.passed;
  for (const name of namesOf(steps)) {
    if (passed?.has(name)) continue;
    expect(world.running).toContain(`new-${name}`);
    expect(world.running).not.toContain(`old-${name}`);
  }
  expect(world.gateway.service.mode.name).toBe("open");
}

test("a run ends kept, rolled back or paused, whatever fails and wherever its runner is killed", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const run = begin(given);
      const start = run.world.snapshot();
      const end = await untilRest(run, given.crashes);
      judge(run, start, end, given.steps);
      if (end.result.state !== "paused") return;
      // A person has mended it: it goes on to an end, and nothing has happened twice.
      run.world.troubles.clear();
      const mended = await run.go("resume");
      if (mended.kind === "killed") throw new Error("nobody has killed it");
      expect(mended.result.state).not.toBe("paused");
      judge(run, start, mended, given.steps);
    }),
    { numRuns: 1000 },
  );
});

test("a run that was ended does nothing more, however often it is resumed", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const run = begin({ ...given, troubles: [] });
      const end = await untilRest(run, given.crashes);
      expect(end.result.state).toBe("kept");
      const { effects } = run.world;
      const before = [...effects];
      const records = run.records.length;
      expect((await run.go("resume")).kind).toBe("ended");
      expect(effects).toEqual(before);
      expect(run.records).toHaveLength(records);
    }),
    { numRuns: 100 },
  );
});

test("a kept run can be rolled back to where it began, wherever that is killed, or is refused as a whole", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const run = begin({ ...given, troubles: [] });
      const start = run.world.snapshot();
      await untilRest(run, []);
      const { length } = run.records;
      const [crash = null, ...crashes] = given.crashes;
      const first = await run.go("rollback", { crash });
      const end = first.kind === "killed" ? await untilRest(run, crashes, "rollback") : first;
      expect(run.world.violations).toEqual([]);
      if (end.result.state === "refused") expect(run.records).toHaveLength(length);
      else expect([end.result.state, run.world.snapshot()]).toEqual(["rolled_back", start]);
    }),
    { numRuns: 200 },
  );
});

test("every beginning of a journal folds to a state, the same each time, from which a resume comes to an end", async () => {
  await fc.assert(
    fc.asyncProperty(scenario, fc.nat(), async (given, cut) => {
      const run = begin(given);
      await untilRest(run, given.crashes);
      const prefix = run.records.slice(0, 1 + (cut % run.records.length));
      expect(foldJournal(prefix)).toEqual(foldJournal(structuredClone(prefix)));
      // The world has gone further than this journal says; all that is asked for is an end.
      run.records = prefix;
      expect((await run.go("resume")).kind).toBe("ended");
    }),
    { numRuns: 100 },
  );
});
