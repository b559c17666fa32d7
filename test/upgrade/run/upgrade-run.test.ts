// Single cases of a run's life; what holds for all runs is in run-model.property.test.ts.

import { expect, test } from "vitest";
import type { Handler } from "../../../src/upgrade/operations/handler.ts";
import { StepFailure } from "../../../src/upgrade/operations/step-failure.ts";
import type { ProgramStep } from "../../../src/upgrade/program.ts";
import type { UpgradeReport } from "../../../src/upgrade/report/upgrade-report.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { eventually } from "../../support/eventually.ts";
import {
  backup,
  check,
  hold,
  operation,
  parallel,
  program,
  release,
  replace,
  restoring,
  step,
  work,
} from "./support/programs.ts";
import { RunInWorld, hastyClock } from "./support/run-in-world.ts";
import type { RunnerOptions, Way } from "./support/run-in-world.ts";
import { SimulatedWorld } from "./support/simulated-world.ts";
import type { Trouble } from "./support/simulated-world.ts";

const MIGRATED = { when: "migrated" as const };

interface Given {
  troubles?: Record<string, Trouble>;
  migrating?: string[];
  hasProbe?: boolean;
}

function newRun(steps: ProgramStep[], { hasProbe = false, ...world }: Given = {}): RunInWorld {
  const running = ["old-app", "old-web"];
  return new RunInWorld(new SimulatedWorld(hastyClock, { running, ...world }), program(steps, { hasProbe }));
}

async function end(run: RunInWorld, way: Way = "start", options: RunnerOptions = {}) {
  const result = await run.go(way, options);
  if (result.kind === "killed") throw new Error("nobody has killed it");
  return result.result;
}

test("a run whose steps are all done is kept, with exit code 0", async () => {
  const run = newRun([hold(), replace("app"), release()]);
  expect(await end(run)).toMatchObject({ state: "kept", exitCode: 0, lost: null });
  expect(run.world.effects).toEqual(["mode hold", "stop old-app", "start new-app", "mode open"]);
  expect(run.records.map(({ type }) => type).slice(-3)).toEqual(["note", "done", "finished"]);
});

test("what fails is rolled back, and the result says why, with exit code 10", async () => {
  const run = newRun([hold(), replace("app"), check("proof")], { troubles: { "proof.look": "fails" } });
  expect(await end(run)).toMatchObject({
    state: "rolled_back",
    exitCode: 10,
    message: "rolled back: the step proof failed: proof.look refuses",
  });
  expect(run.world.snapshot()).toEqual({ running: ["old-app", "old-web"], schema: 1, mode: "open" });
});

test("a rollback that loses what users wrote says so, with exit code 20", async () => {
  const app = replace("app", { pointOfNoReturn: MIGRATED, undo: restoring("app", "dump") });
  const troubles = { "proof.look": "fails" as const };
  const run = newRun([backup("dump"), app, check("proof")], { migrating: ["new-app"], troubles });
  const lost = "what was written after the backup dump was begun";
  expect(await end(run)).toMatchObject({ state: "rolled_back", exitCode: 20, lost });
  expect(run.world.schema).toBe(1);
});

test("past the point of no return without a way back it pauses in maintenance, and nothing is undone", async () => {
  const app = replace("app", { pointOfNoReturn: MIGRATED });
  const troubles = { "proof.look": "fails" as const };
  const run = newRun([app, check("proof")], { migrating: ["new-app"], troubles, hasProbe: true });
  const result = await end(run);
  expect(result).toMatchObject({ state: "paused", exitCode: 30 });
  expect(result.message).toContain(
    "(the schema was 1 and is 2) and declares no way back (undo, down); nothing was undone",
  );
  expect(result.message).toContain("users read a maintenance page");
  expect(result.message).toContain("holdgate upgrade --resume 20260101-000000-test");
  expect(run.world.effects).toEqual(["stop old-app", "start new-app"]);
  expect(run.world.gateway.service.mode).toMatchObject({ name: "maintenance" });

  // The person has mended what the check found: users are let back, since the run had let them in before.
  run.world.troubles.clear();
  expect(await end(run, "resume")).toMatchObject({ state: "kept" });
  expect(run.world.gateway.service.mode.name).toBe("open");
  expect(run.world.effects.at(-1)).toBe("mode open");
});

test("when the gateway cannot be told either, the pause says so", async () => {
  const app = replace("app", { pointOfNoReturn: { when: "always" } });
  const run = newRun([app, check("proof")], { troubles: { "proof.look": "fails" } });
  run.world.gateway.before = () => {
    throw new Error("connection refused");
  };
  const { message } = await end(run);
  expect(message).toContain("the gateway could not be told to show a maintenance page: connection refused");
});

test("an undoing that fails pauses in maintenance and names all that is left to do; a resume does it", async () => {
  const troubles: Record<string, Trouble> = { "proof.look": "fails", "undo.app.stop.1": "fails" };
  const run = newRun([hold(), replace("app"), check("proof")], { troubles });
  const result = await end(run);
  expect(result).toMatchObject({ state: "paused", exitCode: 30 });
  expect(result.message).toContain(
    [
      "rolling back failed: it ran before (undo.app.stop.1): undo.app.stop.1 refuses",
      "left to do:",
      "- it ran before (undo.app.stop.1)",
      "- the app must answer before users are let back (undo.hold.mode.1.answers)",
      "- users are let back (undo.hold.mode.1)",
    ].join("\n"),
  );
  run.world.troubles.clear();
  expect(await end(run, "resume")).toMatchObject({ state: "rolled_back", exitCode: 10 });
  expect(run.world.snapshot()).toEqual({ running: ["old-app", "old-web"], schema: 1, mode: "open" });
});

test("`onFailure: pause` waits for a person, who lets the failed step be tried again", async () => {
  const steps = [replace("app"), check("proof", { onFailure: "pause" }), work("last")];
  const run = newRun(steps, { troubles: { "proof.look": "fails" } });
  expect(await end(run)).toMatchObject({ state: "paused", exitCode: 30 });
  expect(run.world.gateway.service.mode.name).toBe("open");
  expect(await end(run, "resume")).toMatchObject({ state: "paused" });
  run.world.troubles.clear();
  expect(await end(run, "resume")).toMatchObject({ state: "kept" });
  expect(run.world.effects).toEqual(["stop old-app", "start new-app", "work last.work"]);
});

test("nobody is left waiting in a hold while a run is paused", async () => {
  const run = newRun([hold(), check("proof", { onFailure: "pause" })], {
    troubles: { "proof.look": "fails" },
  });
  await end(run);
  expect(run.world.gateway.service.mode.name).toBe("maintenance");
});

test("a paused run is rolled back when the operator asks for it", async () => {
  const run = newRun([replace("app"), check("proof", { onFailure: "pause" })], {
    troubles: { "proof.look": "fails" },
  });
  await end(run);
  const message = "rolled back: the operator has asked for it";
  expect(await end(run, "rollback")).toMatchObject({ state: "rolled_back", exitCode: 10, message });
  expect(run.world.running).toContain("old-app");
});

test("a kept run is rolled back when the operator asks for it, and twice is harmless", async () => {
  const run = newRun([replace("app"), work("last")]);
  await end(run);
  expect(await end(run, "rollback")).toMatchObject({ state: "rolled_back", exitCode: 10 });
  expect(run.world.snapshot()).toEqual({ running: ["old-app", "old-web"], schema: 1, mode: "open" });
  const { length } = run.records;
  expect(await end(run, "rollback")).toMatchObject({ state: "rolled_back" });
  expect(run.records).toHaveLength(length);
});

test("a kept run that is past its point of no return is left alone when a rollback is asked for", async () => {
  const run = newRun([replace("app", { pointOfNoReturn: MIGRATED })], { migrating: ["new-app"] });
  await end(run);
  const { length } = run.records;
  const result = await end(run, "rollback");
  expect(result).toMatchObject({ state: "refused", exitCode: 30 });
  expect(result.message).toMatch(/^nothing was touched: the step app is past its point of no return/);
  expect(run.records).toHaveLength(length);
  expect(run.world.gateway.calls).toEqual([]);
});

test("`onFailure: continue` goes on, and what the step had done is undone with the rest", async () => {
  const troubles: Record<string, Trouble> = { "app.start": "fails", "proof.look": "fails" };
  const run = newRun([replace("app", { onFailure: "continue" }), work("next"), check("proof")], { troubles });
  expect(await end(run)).toMatchObject({ state: "rolled_back" });
  expect(run.world.effects).toEqual(["stop old-app", "work next.work", "stop new-app", "start old-app"]);
});

test("a failure that a person must look at pauses, whatever the step says", async () => {
  const steps = [check("riddle", { onFailure: "continue" })];
  expect(await end(newRun(steps, { troubles: { "riddle.look": "needs-a-person" } }))).toMatchObject({
    state: "paused",
  });
});

test("all branches come to an end before one that failed is acted on", async () => {
  const branches = [check("bad"), replace("app"), replace("web")];
  const run = newRun([parallel("both", branches)], { troubles: { "bad.look": "fails" } });
  expect(await end(run)).toMatchObject({
    state: "rolled_back",
    message: expect.stringContaining("the step bad failed"),
  });
  const { effects } = run.world;
  expect(effects.slice(0, 4).toSorted()).toEqual([
    "start new-app",
    "start new-web",
    "stop old-app",
    "stop old-web",
  ]);
  expect(effects.slice(4)).toHaveLength(4);
});

test("a step is tried as often as it may be, and then its failure counts", async () => {
  const steps = [check("proof", { retry: { attempts: 3, backoffMs: 10 } })];
  const run = newRun(steps, { troubles: { "proof.look": "fails" } });
  await end(run);
  expect(run.records.filter(({ type }) => type === "intent")).toHaveLength(3);
  expect(run.records.filter(({ type }) => type === "retry")).toHaveLength(2);
});

test("another try of a one-off begins with a new container", async () => {
  const container = { id: "once", name: "once" };
  const migrate = step(
    "migrate",
    { start: { kind: "start-container", container } },
    { verb: "migrate", retry: { attempts: 2, backoffMs: 0 } },
  );
  migrate.operations.push(
    operation("migrate", "exit", {
      kind: "check",
      checks: [],
      target: null,
      targets: {},
      forMs: 0,
      waitMs: 0,
      intervalMs: 1,
    }),
  );
  const run = newRun([migrate], { troubles: { "migrate.exit": "fails" } });
  await end(run);
  expect(run.world.effects).toEqual(["start once", "stop once", "start once", "stop once"]);
});

test("a one-off that may fail is removed before the run goes on", async () => {
  const container = { id: "once", name: "once" };
  const common = { checks: [], target: null, targets: {}, forMs: 0, waitMs: 0, intervalMs: 1 };
  const tell = step(
    "tell",
    { start: { kind: "start-container", container }, exit: { kind: "check", ...common } },
    { verb: "run", onFailure: "continue" },
  );
  const run = newRun([tell, work("next")], { troubles: { "tell.exit": "fails" } });
  expect(await end(run)).toMatchObject({ state: "kept" });
  expect(run.world.effects).toEqual(["start once", "stop once", "work next.work"]);
});

test("an answer that was lost is asked for again, and the work is not done twice", async () => {
  const run = newRun([work("once")], { troubles: { "once.work": "answer-lost" } });
  expect(await end(run)).toMatchObject({ state: "kept" });
  expect(run.world.effects).toEqual(["work once.work"]);
});

test("a run that is cancelled stops and rolls back", async () => {
  const cancel = new AbortController();
  const run = newRun([replace("app"), work("never")]);
  const onReport = (report: UpgradeReport): void => {
    if (report.steps[0]?.state === "done") cancel.abort(new Error("enough"));
  };
  const message = "rolled back: the run was cancelled";
  expect(await end(run, "start", { cancel: cancel.signal, onReport })).toMatchObject({
    state: "rolled_back",
    message,
  });
  expect(run.world.effects).toEqual(["stop old-app", "start new-app", "stop new-app", "start old-app"]);
});

test("a run that is left is where it is, and goes on when it is resumed", async () => {
  const leave = new AbortController();
  const run = newRun([replace("app"), work("next")]);
  const onReport = (report: UpgradeReport): void => {
    if (report.steps[0]?.state === "done") leave.abort();
  };
  expect(await end(run, "start", { leave: leave.signal, onReport })).toMatchObject({
    state: "paused",
    exitCode: 30,
  });
  expect(run.records.at(-1)).toMatchObject({ type: "done", op: "app.start" });
  expect(await end(run, "resume")).toMatchObject({ state: "kept" });
});

test("a cancelled run is rolled back, also where its last step may fail", async () => {
  const cancel = new AbortController();
  const run = newRun([work("last", { onFailure: "continue" })]);
  stuck(run, (signal) => {
    setImmediate(() => cancel.abort(new Error("enough")));
    return untilAborted(signal);
  });
  expect(await end(run, "start", { cancel: cancel.signal })).toMatchObject({
    state: "rolled_back",
    message: "rolled back: the run was cancelled",
  });
});

test("a run that is cancelled between two tries of a step rolls back", async () => {
  const cancel = new AbortController();
  const clock = new ManualClock();
  const failing = check("proof", { retry: { attempts: 2, backoffMs: 60_000 } });
  const run = newRun([replace("app"), failing], { troubles: { "proof.look": "fails" } });
  const ended = end(run, "start", { clock, cancel: cancel.signal });
  await eventually(() => expect(clock.pendingTimers).toBe(1));
  cancel.abort(new Error("enough"));
  expect(await ended).toMatchObject({
    state: "rolled_back",
    message: "rolled back: the run was cancelled",
  });
});

test("a reading of the schema that is broken off when the run is left decides nothing", async () => {
  const leave = new AbortController();
  const app = replace("app", { pointOfNoReturn: MIGRATED });
  const after = work("after", { when: { kind: "not", of: { kind: "fact", fact: "migrated" } } });
  const run = newRun([app, after], { hasProbe: true });
  const { handlers } = run.world;
  const probe = { ...handlers["read-schema"], perform: () => leaving(leave) };
  useProbe(run, probe);
  await end(run, "start", { leave: leave.signal });
  expect(run.records.map(({ type }) => type)).toEqual(["started"]);

  useProbe(run, handlers["read-schema"]);
  expect(await end(run, "resume")).toMatchObject({ state: "kept" });
  expect(run.world.effects).toContain("work after.work");
});

test("a run that is left before its rollback is planned goes on with that when it is resumed", async () => {
  const leave = new AbortController();
  const app = replace("app", { pointOfNoReturn: MIGRATED });
  const run = newRun([hold(), app, check("proof")], { hasProbe: true, troubles: { "proof.look": "fails" } });
  const probe = run.world.handlers["read-schema"];
  let looks = 0;
  const perform: typeof probe.perform = (operation, context) =>
    ++looks === 1 ? probe.perform(operation, context) : leaving(leave);
  useProbe(run, { ...probe, perform });
  await end(run, "start", { leave: leave.signal });
  expect(run.records.at(-1)).toMatchObject({ type: "failed", op: "proof.look" });

  useProbe(run, probe);
  expect(await end(run, "resume")).toMatchObject({ state: "rolled_back" });
});

test("where a replacement was not wanted, later steps mean the container that stayed", async () => {
  const like = { id: "0ldc0nta1ner", name: "app" };
  const change = { env: {}, labels: {}, command: null, entrypoint: null, user: null, workdir: null };
  const create = {
    kind: "create-container" as const,
    like,
    name: "app.new",
    image: "app:2",
    platform: null,
    role: "new" as const,
    change: { ...change, mode: "in-place" as const, volumes: [], assumeAllExplicit: false },
  };
  const app = step("app", { create }, { verb: "replace", when: { kind: "fact", fact: "migrated" } });
  const run = newRun([app, work("look")], { hasProbe: true });
  const seen: string[] = [];
  const { handlers } = run.world;
  const perform: Handler<"exec">["perform"] = async (_operation, context) => {
    seen.push(context.containerId({ madeBy: "app.create", name: "app" }));
    return {};
  };
  const value = { ...handlers, exec: { ...handlers.exec, perform } };
  Object.defineProperty(run.world, "handlers", { value });
  expect(await end(run)).toMatchObject({ state: "kept" });
  expect(seen).toEqual([like.id]);
});

function useProbe({ world }: RunInWorld, probe: Handler<"read-schema">): void {
  const value = { ...world.handlers, "read-schema": probe };
  Object.defineProperty(world, "handlers", { value, configurable: true });
}

function leaving(leave: AbortController): Promise<never> {
  leave.abort(new Error("the runner stops"));
  return untilAborted(leave.signal);
}

test("out of time with something that only a person can find out, the run pauses", async () => {
  const clock = new ManualClock();
  const run = newRun([work("call", { timeoutMs: 60_000 })]);
  stuck(run, (signal) =>
    untilAborted(signal).catch(() => {
      throw new StepFailure("nobody knows whether it arrived", "needs-a-person");
    }),
  );
  const ended = end(run, "start", { clock });
  await eventually(() => expect(clock.pendingTimers).toBe(1));
  clock.advance(60_000);
  expect(await ended).toMatchObject({
    state: "paused",
    message: expect.stringContaining("the step call failed: nobody knows whether it arrived"),
  });
});

/** Its work is this. */
function stuck({ world }: RunInWorld, perform: (signal: AbortSignal) => Promise<never>): void {
  const exec = {
    ...world.handlers.exec,
    perform: (_operation: unknown, { signal }: { signal: AbortSignal }) => perform(signal),
  };
  Object.defineProperty(world, "handlers", { value: { ...world.handlers, exec } });
}

test("a step that takes too long fails with its own deadline", async () => {
  const clock = new ManualClock();
  const slow = work("slow", { timeoutMs: 60_000 });
  const run = newRun([slow]);
  stuck(run, untilAborted);
  const ended = end(run, "start", { clock });
  await eventually(() => expect(clock.pendingTimers).toBe(1));
  clock.advance(60_000);
  expect(await ended).toMatchObject({
    message: "rolled back: the step slow failed: not done within 1m: do slow",
  });
});

function untilAborted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  return promise;
}

test.each([
  [{ kind: "fact" as const, fact: "migrated" as const }, true],
  [{ kind: "not" as const, of: { kind: "fact" as const, fact: "migrated" as const } }, false],
  [{ kind: "known" as const, holds: false, text: "${x} == y" }, false],
])("a step is done only when its condition holds at its turn: %j", async (when, isDone) => {
  const app = replace("app", { pointOfNoReturn: MIGRATED });
  const run = newRun([app, work("after", { when })], { migrating: ["new-app"], hasProbe: true });
  await end(run);
  expect(run.world.effects.includes("work after.work")).toBe(isDone);
  expect(run.records.some(({ type }) => type === "skipped")).toBe(!isDone);
});

test("a report follows the run, step by step, to its end", async () => {
  const reports: UpgradeReport[] = [];
  const run = newRun([hold(), replace("app"), check("proof"), work("never")], {
    troubles: { "proof.look": "fails" },
  });
  await end(run, "start", { onReport: (report) => void reports.push(report) });
  const shown = reports.map(({ state, steps }) => `${state} ${steps.map((one) => one.state).join(" ")}`);
  expect(shown.filter((line, index) => line !== shown[index - 1])).toEqual([
    "running running pending pending pending",
    "running done pending pending pending",
    "running done running pending pending",
    "running done done pending pending",
    "running done done running pending",
    "running done done failed pending",
    "rolling_back done done failed pending",
    "rolling_back done undoing failed pending",
    "rolling_back done undone failed pending",
    "rolling_back undoing undone failed pending",
    "rolling_back undone undone failed pending",
    "rolled_back undone undone failed pending",
  ]);
  expect(reports.at(-1)).toMatchObject({
    exitCode: 10,
    percent: 75,
    message: expect.stringContaining("proof.look refuses"),
  });
});

test("a resume keeps users out again when a lease has ended meanwhile, as the steps that are left count on it", async () => {
  const steps = [hold(), check("proof", { onFailure: "pause" }), replace("app"), release()];
  const run = newRun(steps, { troubles: { "proof.look": "fails" } });
  await end(run);
  run.world.troubles.clear();
  await run.world.gateway.setMode({ name: "open", wait: false });
  expect(await end(run, "resume")).toMatchObject({ state: "kept" });
  expect(run.world.effects.slice(1)).toEqual(["mode hold", "stop old-app", "start new-app", "mode open"]);
});

test("a resume leaves users in where the run had let them in", async () => {
  const steps = [hold(), release(), check("proof", { onFailure: "pause" })];
  const run = newRun(steps, { troubles: { "proof.look": "fails" } });
  await end(run);
  run.world.troubles.clear();
  expect(await end(run, "resume")).toMatchObject({ state: "kept" });
  expect(run.world.effects).toEqual(["mode hold", "mode open"]);
});
