// Runs by order, over real files and locks, in a simulated world.

import { cpSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processSpace } from "../../src/lib/process-identity.ts";
import type { ProcessHost } from "../../src/process/process-host.ts";
import type { Machinery } from "../../src/upgrade/machinery.ts";
import { PlanProblem } from "../../src/upgrade/plan/plan-problem.ts";
import type { Plan } from "../../src/upgrade/plan/plan.ts";
import type { ProgramStep } from "../../src/upgrade/program.ts";
import type { UpgradeReport } from "../../src/upgrade/report/upgrade-report.ts";
import { Upgrades } from "../../src/upgrade/upgrades.ts";
import type { RunResult, RunWatch } from "../../src/upgrade/upgrades-port.ts";
import { EngineError } from "../../src/docker/engine-error.ts";
import { newRunId } from "../../src/lib/new-run-id.ts";
import { eventually } from "../support/eventually.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { backup, check, program, replace, step, work } from "./run/support/programs.ts";
import { hastyClock } from "./run/support/run-in-world.ts";
import { SimulatedWorld } from "./run/support/simulated-world.ts";
import type { Trouble } from "./run/support/simulated-world.ts";

const PLAN = { text: "name: chat", file: "/plans/upgrade.yaml", vars: {} };
const SECRETS: Plan["secrets"] = { db: { env: "DB_SECRET" } };

interface Given {
  steps: ProgramStep[];
  troubles?: Record<string, Trouble>;
  secrets?: Plan["secrets"];
  env?: Record<string, string>;
}

class Bench {
  readonly world: SimulatedWorld;
  readonly dataDir: string;
  readonly upgrades: Upgrades;
  readonly lines: string[] = [];

  constructor(dataDir: string, { steps, troubles = {}, secrets = {}, env = {} }: Given) {
    this.dataDir = dataDir;
    this.world = new SimulatedWorld(hastyClock, { running: ["old-app"], troubles });
    const deps = {
      dataDir,
      engine: async () => null,
      driverFor: () => this.world.gateway,
      processesFor: () => NO_PROCESSES,
      gatewayAddress: null,
      clock: { ...hastyClock, wall: () => Date.now(), now: () => performance.now() },
      env,
      log: (line: string) => void this.lines.push(line),
    };
    this.upgrades = new Upgrades(deps, machinery(this.world, steps, secrets));
  }

  run(watch?: RunWatch, id?: string): Promise<RunResult> {
    return this.upgrades.run({ plan: PLAN, dryRun: false, ...(id !== undefined && { id }) }, watch);
  }

  file(run: string, name: string): string {
    return readFileSync(join(this.dataDir, "upgrades", run, name), "utf8");
  }

  get locks(): string[] {
    return readdirSync(join(this.dataDir, "upgrades", "locks"));
  }
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no operation of these runs is a command
const NO_PROCESSES = {} as ProcessHost;

function machinery(world: SimulatedWorld, steps: ProgramStep[], secrets: Plan["secrets"]): Machinery {
  const plan: Plan = {
    name: "chat",
    service: null,
    targets: {},
    secrets,
    registries: {},
    schema: null,
    steps: [],
  };
  return {
    handlers: world.handlers,
    check: () => plan,
    prepare: async () => ({ plan, program: program(steps), describe: async () => "what would be done" }),
  };
}

async function bench(given: Given): Promise<Bench> {
  return new Bench(await temporaryDirectory(), given);
}

test("a run leaves a journal and no lock, and is listed and shown", async () => {
  const { upgrades, run, locks } = await started({ steps: [replace("app"), work("last")] });
  expect(run).toMatchObject({ state: "kept", exitCode: 0 });
  expect(locks).toEqual([]);
  expect(await upgrades.list()).toMatchObject([
    { id: run.run, state: "kept", percent: 100, service: "chat" },
  ]);
  const shown = await upgrades.show(run.run);
  expect(shown?.records.at(0)).toMatchObject({ type: "started", run: run.run });
  expect(shown?.records.at(-1)).toMatchObject({ type: "finished", state: "kept" });
  expect(await upgrades.show("../../etc/passwd")).toBeUndefined();
});

async function started(given: Given) {
  const made = await bench(given);
  const run = await made.run();
  return { run, upgrades: made.upgrades, locks: made.locks, made };
}

test("files of a run are for their owner only", async () => {
  const { run, made } = await started({
    steps: [work("last")],
    secrets: SECRETS,
    env: { DB_SECRET: "swordfish" },
  });
  const directory = join(made.dataDir, "upgrades", run.run);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
});

test("two at once: the second is refused with 40 and touches nothing", async () => {
  const made = await bench({ steps: [replace("app")] });
  const results = await Promise.all([made.run(), made.run()]);
  expect(new Set(results.map(({ exitCode }) => exitCode))).toEqual(new Set([0, 40]));
  const refused = results.find(({ exitCode }) => exitCode === 40);
  expect(refused).toMatchObject({
    state: "refused",
    message: expect.stringMatching(/^chat is being upgraded by the run/),
  });
  expect(made.world.effects).toEqual(["stop old-app", "start new-app"]);
  expect(await made.upgrades.list()).toHaveLength(1);
});

test("a run whose journal is damaged keeps its own service from other runs, and no other", async () => {
  const { made, run } = await started({ steps: [work("last")] });
  const journal = join(made.dataDir, "upgrades", run.run, "journal.jsonl");
  const [first = "", ...rest] = readFileSync(journal, "utf8").split("\n");
  writeFileSync(journal, [first, "{}", ...rest].join("\n"));
  await expect(made.run()).rejects.toThrow("line 2");
  writeFileSync(journal, [first.replace('"service":"chat"', '"service":"wiki"'), "{}", ...rest].join("\n"));
  expect(await made.run()).toMatchObject({ state: "kept" });
});

test("a paused run holds no lock, but keeps its service from other runs until it is ended", async () => {
  const troubles = { "proof.look": "fails" as const };
  const { made, run } = await started({ steps: [check("proof", { onFailure: "pause" })], troubles });
  expect(run).toMatchObject({ state: "paused", exitCode: 30 });
  expect(made.locks).toEqual([]);
  const second = await made.run();
  expect(second).toMatchObject({ state: "refused", exitCode: 40 });
  expect(second.message).toBe(
    `the run ${run.run} of chat is paused; nothing was touched; first end it with ` +
      `holdgate upgrade --resume ${run.run} or holdgate upgrade --rollback ${run.run}`,
  );
  expect(await made.upgrades.rollback(run.run)).toMatchObject({ state: "rolled_back" });
  made.world.troubles.clear();
  expect(await made.run()).toMatchObject({ state: "kept" });
});

test("what a killed runner left is refused to a new run, and a resume goes on with it", async () => {
  const leave = new AbortController();
  const made = await bench({ steps: [replace("app"), work("last")] });
  const onReport = ({ steps }: UpgradeReport): void => void (steps[0]?.state === "done" && leave.abort());
  const left = await made.run({ leave: leave.signal, onReport });
  // As it is after kill -9: the lock of a process that is gone.
  const dead = { run: left.run, pid: 2 ** 30, started: null, host: processSpace() };
  writeFileSync(join(made.dataDir, "upgrades", "locks", "chat.json"), `${JSON.stringify(dead)}\n`);
  const refused = await made.run();
  expect(refused).toMatchObject({ exitCode: 40, message: expect.stringContaining(`--resume ${left.run}`) });
  expect(refused.message).toContain("whose runner is gone");
  expect(await made.upgrades.resume(left.run)).toMatchObject({ state: "kept" });
  expect(made.world.effects).toEqual(["stop old-app", "start new-app", "work last.work"]);
  expect(made.locks).toEqual([]);
});

test("the lock of a run that never began, or is over, is nobody's", async () => {
  const { made, run } = await started({ steps: [work("last")] });
  for (const left of [run.run, newRunId(0)]) {
    const dead = { run: left, pid: 2 ** 30, started: null, host: processSpace() };
    writeFileSync(join(made.dataDir, "upgrades", "locks", "chat.json"), `${JSON.stringify(dead)}\n`);
    expect(await made.run()).toMatchObject({ state: "kept" });
  }
});

test("a plan with a mistake is refused with 50, and nothing is written", async () => {
  const made = await bench({ steps: [] });
  const broken: Machinery = {
    ...machinery(made.world, [], {}),
    prepare: async () => {
      throw new PlanProblem([{ place: "upgrade.yaml:3:1 steps[0]", text: "no" }]);
    },
  };
  const upgrades = new Upgrades(depsOf(made), broken);
  const result = await upgrades.run({ plan: PLAN, dryRun: false });
  expect(result).toMatchObject({ state: "refused", exitCode: 50, message: "upgrade.yaml:3:1 steps[0]: no" });
  expect(await upgrades.list()).toEqual([]);
  expect(made.locks).toEqual([]);
});

test("an engine that cannot be looked at is the reason why nothing was touched", async () => {
  const made = await bench({ steps: [] });
  const blind: Machinery = {
    ...machinery(made.world, [], {}),
    prepare: async () => {
      throw new EngineError("failed", 500, "inspect container chat: the engine answered 500: in trouble");
    },
  };
  const result = await new Upgrades(depsOf(made), blind).run({ plan: PLAN, dryRun: false });
  const message = "nothing was touched: inspect container chat: the engine answered 500: in trouble";
  expect(result).toMatchObject({ state: "refused", exitCode: 50, message });
  expect(made.locks).toEqual([]);
});

function depsOf({ dataDir, world }: Bench, env: Record<string, string> = {}) {
  const driverFor = () => world.gateway;
  return {
    dataDir,
    engine: async () => null,
    driverFor,
    processesFor: () => NO_PROCESSES,
    gatewayAddress: null,
    clock: hastyClock,
    env,
    log: () => {},
  };
}

test("a secret whose source is not there is a mistake in the plan", async () => {
  const { run } = await started({ steps: [], secrets: SECRETS });
  expect(run).toMatchObject({ state: "refused", exitCode: 50 });
  expect(run.message).toBe(
    "secrets.db: the runner's environment has no DB_SECRET; set it where the runner is started",
  );
});

test("a dry run writes nothing", async () => {
  const made = await bench({ steps: [replace("app")] });
  const result = await made.upgrades.run({ plan: PLAN, dryRun: true });
  expect(result).toMatchObject({ state: "planned", exitCode: 0, message: "what would be done" });
  expect(readdirSync(made.dataDir)).toEqual([]);
  expect(made.world.effects).toEqual([]);
});

test("a secret is in no journal, report, line or result, in whatever the operations say", async () => {
  const reports: UpgradeReport[] = [];
  const made = await bench({
    steps: [work("say"), replace("app", { title: "replace with swordfish" }), check("swordfish-step")],
    troubles: { "swordfish-step.look": "fails" },
    secrets: SECRETS,
    env: { DB_SECRET: "swordfish", HOLDGATE_TOKEN: "open sesame" },
  });
  const result = await made.run({ onReport: (report) => void reports.push(report) });
  expect(result).toMatchObject({ state: "rolled_back" });
  expect(result.message).not.toContain("swordfish");
  const shown = await made.upgrades.show(result.run);
  const texts = reports.flatMap(({ message, step, steps }) => [
    message,
    step,
    ...steps.map(({ title }) => title),
  ]);
  expect(JSON.stringify([made.file(result.run, "journal.jsonl"), shown, texts, made.lines])).not.toContain(
    "swordfish",
  );
  expect(await made.upgrades.list()).toMatchObject([{ state: "rolled_back", exitCode: 10 }]);
});

test("a run that a secret is part of goes on all the same", async () => {
  const made = await bench({
    steps: [replace("app", { onFailure: "pause" }), check("proof", { onFailure: "pause" })],
    troubles: { "proof.look": "fails" },
    secrets: SECRETS,
    // In the name of everything that the run has.
    env: { DB_SECRET: "app.st" },
  });
  const paused = await made.run();
  expect(made.file(paused.run, "journal.jsonl")).not.toContain("app.st");
  expect(await made.upgrades.rollback(paused.run)).toMatchObject({ state: "rolled_back" });
  expect(made.world.running).toEqual(new Set(["old-app"]));
});

test("a question waits for its answer, and a declined one rolls back", async () => {
  for (const answer of ["approve", "decline"] as const) {
    const prompt = { kind: "confirm" as const, prompt: "Go on?", waitMs: null, otherwise: "pause" as const };
    const made = await bench({ steps: [replace("app"), step("ask", { ask: prompt })] });
    const states: string[] = [];
    const id = newRunId(Date.now());
    const ended = made.run({ onReport: ({ state }) => void states.push(state) }, id);
    await eventually(() => expect(states.at(-1)).toBe("waiting"));
    expect(made.upgrades.approve("20260101-000000-none")).toBe(false);
    expect(made.upgrades[answer](id)).toBe(true);
    expect(await ended).toMatchObject({ state: answer === "approve" ? "kept" : "rolled_back" });
    expect(made.upgrades.approve(id)).toBe(false);
  }
});

test("a run is cancelled by its id, as long as it is carried out here", async () => {
  const prompt = { kind: "confirm" as const, prompt: "Go on?", waitMs: null, otherwise: "pause" as const };
  const made = await bench({ steps: [replace("app"), step("ask", { ask: prompt })] });
  const id = newRunId(Date.now());
  const states: string[] = [];
  const ended = made.run({ onReport: ({ state }) => void states.push(state) }, id);
  await eventually(() => expect(states.at(-1)).toBe("waiting"));
  expect(made.upgrades.cancel(id)).toBe(true);
  expect(await ended).toMatchObject({ state: "rolled_back", message: "rolled back: the run was cancelled" });
  expect(made.upgrades.cancel(id)).toBe(false);
});

test("a kept run is rolled back as long as the service has not been upgraded again", async () => {
  const made = await bench({ steps: [replace("app")] });
  const first = await made.run({}, "20260101-000000-aaaa");
  const second = await made.run({}, "20260102-000000-bbbb");
  const refused = await made.upgrades.rollback(first.run);
  expect(refused).toMatchObject({
    state: "refused",
    exitCode: 30,
    message: expect.stringContaining(second.run),
  });
  expect(await made.upgrades.rollback(second.run)).toMatchObject({ state: "rolled_back" });
});

test("an order that is given again is refused when its run has begun, and carried out when it has not", async () => {
  const id = "20260101-000000-aaaa";
  const made = await bench({ steps: [work("last")] });
  mkdirSync(join(made.dataDir, "upgrades", id), { recursive: true });
  writeFileSync(join(made.dataDir, "upgrades", id, "journal.jsonl"), '{"seq":1,"at":');
  expect(await made.run({}, id)).toMatchObject({ state: "kept" });
  expect(await made.run({}, id)).toMatchObject({ state: "refused", exitCode: 40 });
  expect(made.world.effects).toEqual(["work last.work"]);
});

test("there is no resuming what never was; what is over stays as it is", async () => {
  const { made, run } = await started({ steps: [work("last")] });
  expect(await made.upgrades.resume("20260101-000000-none")).toMatchObject({
    state: "refused",
    exitCode: 50,
  });
  expect(await made.upgrades.resume(run.run)).toMatchObject({ state: "kept", exitCode: 0 });
  expect(made.world.effects).toEqual(["work last.work"]);
});

test("a journal that cannot be read stops new runs of every service, and is named in the list's log", async () => {
  const { made, run } = await started({ steps: [work("last")] });
  const path = join(made.dataDir, "upgrades", run.run, "journal.jsonl");
  writeFileSync(path, `{}\n${readFileSync(path, "utf8")}`);
  await expect(made.run()).rejects.toThrow(`cannot read ${path}: line 1`);
  expect(made.locks).toEqual([]);
  expect(await made.upgrades.list()).toEqual([]);
  expect(made.lines.join("\n")).toContain(`the run ${run.run} cannot be shown`);
});

test("only the newest fifty runs that are over are remembered, and no backup is deleted", async () => {
  const made = await bench({ steps: [work("last"), backup("dump")] });
  const { run } = await made.run({}, "20260201-000000-aaaa");
  const upgrades = join(made.dataDir, "upgrades");
  for (let day = 10; day < 62; day += 1) {
    cpSync(join(upgrades, run), join(upgrades, `202601${day}-000000-aaaa`), { recursive: true });
  }
  // The oldest has its backup in its own directory.
  const oldest = join(upgrades, "20260110-000000-aaaa");
  const journal = readFileSync(join(oldest, "journal.jsonl"), "utf8");
  writeFileSync(join(oldest, "journal.jsonl"), journal.replace("/backups/", `${oldest}/`));
  writeFileSync(join(oldest, "dump.write"), "data");
  const commands = join(made.dataDir, "processes", "chat");
  for (const name of [
    "command-20260111-000000-aaaa-tell.run",
    "command-20260201-000000-aaaa-tell.run",
    "app",
  ])
    mkdirSync(join(commands, name), { recursive: true });
  await made.run({}, "20260202-000000-aaaa");
  expect(await made.upgrades.list()).toHaveLength(50);
  expect(readdirSync(upgrades)).not.toContain("20260111-000000-aaaa");
  expect(readdirSync(oldest)).toEqual(["dump.write"]);
  expect(readdirSync(commands).toSorted()).toEqual(["app", "command-20260201-000000-aaaa-tell.run"]);
});

test("an id that is none names no directory, and nothing is touched", async () => {
  const bench = new Bench(await temporaryDirectory(), { steps: [replace("app")] });
  expect(await bench.run({}, "../../elsewhere")).toMatchObject({ state: "refused", exitCode: 50 });
  expect(bench.world.effects).toEqual([]);
  expect(readdirSync(bench.dataDir)).toEqual([]);
});
