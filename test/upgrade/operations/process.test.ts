import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { systemClock } from "../../../src/lib/clock.ts";
import { DirectoryProcessHost } from "../../../src/process/directory-process-host.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { startProcess, stopProcess } from "../../../src/upgrade/operations/process.ts";
import type { ProcessTarget } from "../../../src/upgrade/plan/target.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { performContext, resumed, type TestContext } from "../../support/upgrade/perform-context.ts";

const TARGET: ProcessTarget = {
  kind: "process",
  command: ["sh", "-c", 'echo "$PASSWORD" > started-$$; sleep 600'],
  cwd: "app",
  env: { PASSWORD: "${secrets.db}" },
  url: null,
  graceMs: 1000,
  host: null,
};

const START: OperationOf<"start-process"> = {
  kind: "start-process",
  id: "start-app.start",
  step: "start-app",
  cause: "the app runs",
  name: "app",
  process: TARGET,
};

async function processContext() {
  const planDirectory = await temporaryDirectory();
  await mkdir(join(planDirectory, "app"));
  const directory = join(planDirectory, "processes");
  const processes = new DirectoryProcessHost({ directory, clock: systemClock });
  onTestFinished(() => processes.stop("app", 0));
  const secrets = { db: "correct horse" };
  return performContext({ processes, clock: systemClock, secrets, run: { planDirectory } });
}

/** Of another operation, or of another try of the same. */
function unnoted(context: TestContext): TestContext {
  return Object.assign(context, { notes: {} });
}

describe("a process of a plan", () => {
  test("starts in its directory with its secrets, and once, however often that is asked for", async () => {
    const context = await processContext();
    const first = await startProcess.perform(START, context);
    const again = await startProcess.perform(START, resumed(context));
    expect(again).toEqual(first);
    const directory = join(context.run.planDirectory, "app");
    await eventually(async () => {
      const [file, ...more] = await readdir(directory);
      expect(more).toEqual([]);
      expect(await readFile(join(directory, file ?? ""), "utf8")).toBe("correct horse\n");
    });
    expect(JSON.stringify(await context.processes.find("app"))).not.toContain("correct horse");
  });

  test("is described so that it can be started again from the directory of any plan", async () => {
    const context = await processContext();
    await startProcess.perform(START, context);
    const found = await context.processes.find("app");
    expect(found?.about).toMatchObject({ ...TARGET, cwd: join(context.run.planDirectory, "app") });
  });

  test("that is stopped is started again as it was, with its secrets, when that is undone", async () => {
    const context = await processContext();
    await startProcess.perform(START, context);
    const before = { ...TARGET, cwd: join(context.run.planDirectory, "app") };
    const stop: OperationOf<"stop-process"> = {
      kind: "stop-process",
      id: "replace.stop",
      step: "replace",
      cause: "a new one comes",
      name: "app",
      before,
      graceMs: 1000,
    };
    await stopProcess.perform(stop, context);
    expect((await context.processes.find("app"))?.state.name).toBe("ended");

    const [undo] = stopProcess.inverse(stop, {});
    if (undo?.kind !== "start-process") throw new Error("a stop is undone by a start");
    await startProcess.perform({ ...undo, id: "undo.replace.stop.1", step: "replace" }, unnoted(context));
    const found = await context.processes.find("app");
    expect(found?.state.name).toBe("running");
    expect(found?.cwd).toBe(before.cwd);
  });

  test("that ends at once says how, and where its words are", async () => {
    const context = await processContext();
    const broken = { ...START, process: { ...TARGET, command: ["sh", "-c", "echo no port >&2; exit 4"] } };
    const failure = await startProcess.perform(broken, context).then(
      () => waitUntilEnded(context),
      (error: unknown) => String(error),
    );
    // It may end before or after the start was seen; both are told apart by what the host knows.
    expect(failure).toMatch(/exited with 4|ended/);
    const found = await context.processes.find("app");
    expect(await readFile(found?.stderr ?? "", "utf8")).toBe("no port\n");
  });
});

test("an app has nothing of the token with which its runner drives the gateway", async () => {
  vi.stubEnv("HOLDGATE_TOKEN", "operate-token");
  onTestFinished(() => void vi.unstubAllEnvs());
  const context = await processContext();
  const command = ["sh", "-c", 'echo "<$HOLDGATE_TOKEN>"; sleep 600'];
  await startProcess.perform({ ...START, process: { ...TARGET, command } }, context);
  const found = await context.processes.find("app");
  await eventually(async () => expect(await readFile(found?.stdout ?? "", "utf8")).toBe("<>\n"));
});

test("one that could not start is started by the next try, when a person has seen to it", async () => {
  const context = await processContext();
  const mark = join(context.run.planDirectory, "app", "mended");
  const command = ["sh", "-c", `test -f ${mark} && exec sleep 600`];
  const operation = { ...START, process: { ...TARGET, command } };
  // It may be seen while it still runs, or not.
  await startProcess.perform(operation, context).catch(() => {});
  await context.processes.wait("app");
  await expect(startProcess.perform(operation, resumed(context))).rejects.toThrow("exited with 1 at once");
  await writeFile(mark, "");
  await startProcess.perform(operation, unnoted(context));
  expect((await context.processes.find("app"))?.state.name).toBe("running");
});

test.each([
  ["was never told to stop", false],
  ["is still about to end", true],
])("a process whose stop was broken off is started again as it was: it %s", async (_what, isTold) => {
  const context = await processContext();
  const slow = "trap 'echo >told; sleep 0.5; exit 0' TERM; echo >ready; while :; do sleep 0.05; done";
  const before = { ...TARGET, command: ["sh", "-c", slow], cwd: join(context.run.planDirectory, "app") };
  await startProcess.perform({ ...START, process: before }, context);
  await eventually(async () => expect(await readdir(before.cwd)).toContain("ready"));
  const stop = { ...START, kind: "stop-process" as const, id: "replace.stop", before, graceMs: 5000 };
  if (isTold) {
    const late = new AbortController();
    const stopping = stopProcess.perform(stop, { ...context, signal: late.signal });
    await eventually(async () => expect(await readdir(before.cwd)).toContain("told"));
    late.abort(new Error("out of time"));
    await expect(stopping).rejects.toThrow("out of time");
  }
  for (const [index, undo] of stopProcess.inverse(stop, undefined, {}).entries()) {
    const common = { id: `undo.replace.stop.${index + 1}`, step: "replace" };
    if (undo.kind === "stop-process") await stopProcess.perform({ ...undo, ...common }, context);
    if (undo.kind === "start-process") await startProcess.perform({ ...undo, ...common }, unnoted(context));
  }
  const found = await context.processes.find("app");
  expect(found).toMatchObject({ state: { name: "running" }, command: before.command });
  expect(found?.key).toContain("undo.replace.stop");
});

async function waitUntilEnded(context: Awaited<ReturnType<typeof processContext>>): Promise<string> {
  await context.processes.wait("app");
  return "ended";
}
