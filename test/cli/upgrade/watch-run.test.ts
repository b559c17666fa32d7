import { PassThrough } from "node:stream";
import { describe, expect, it, onTestFinished } from "vitest";
import { Invocation } from "../../../src/cli/invocation.ts";
import { Terminal } from "../../../src/cli/terminal.ts";
import { watchRun } from "../../../src/cli/upgrade/watch-run.ts";
import { AdminClient } from "../../../src/client/admin-client.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { FakeAdmin, statusAnswer } from "../../support/fake-admin.ts";
import { FakeUpgrades, runResult } from "../../support/upgrade/fake-upgrades.ts";
import { stepReport, upgradeReport } from "../../support/upgrade-report.ts";

interface WatchOptions {
  json?: true;
  yes?: boolean;
  tty?: boolean;
}

const { id } = upgradeReport();

/** A run in the midst of being watched; the test plays the run, the keys and the gateway. */
async function watch({ json, yes = false, tty = false }: WatchOptions = {}) {
  const admin = new FakeAdmin();
  const port = await admin.listenOnTcp();
  onTestFinished(() => admin.close());
  admin.answer("GET /admin/status", statusAnswer());
  const address = { target: { kind: "tcp", host: "127.0.0.1", port }, name: "fake" } as const;
  const client = new AdminClient(address, systemClock);
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const terminal = tty ? { isTTY: true, columns: 80, rows: 30 } : {};
  Object.assign(stdout, terminal);
  Object.assign(stdin, terminal);
  const parts = { terminal: new Terminal(stdout, stderr, () => stdin), env: {}, clock: systemClock };
  const invocation = new Invocation(parts);
  if (json) invocation.options = { json };
  const upgrades = new FakeUpgrades();
  const carryOut = (watch: Parameters<FakeUpgrades["resume"]>[1]) => upgrades.resume(id, watch);
  const ended = watchRun({ client, upgrades, yes, carryOut }, invocation);
  const read = (stream: PassThrough) => {
    let text = "";
    stream.on("data", (data) => (text += String(data)));
    return () => text;
  };
  const told = { out: read(stdout), err: read(stderr) };
  return { admin, upgrades, invocation, ended, stdin, told, run: upgrades.of(id) };
}

describe("without a terminal", () => {
  it("a run is a line for each thing that happens, and ends with its exit code", async () => {
    const { run, ended, told, invocation } = await watch();
    const [pull] = [stepReport({ id: "pull", title: "Pull app:2" })];
    run.watch.onReport?.(upgradeReport({ steps: [{ ...pull, state: "running" }] }));
    run.watch.onReport?.(upgradeReport({ steps: [{ ...pull, state: "running", percent: 40 }] }));
    run.watch.onLine?.({ step: "pull", text: "layer 1 of 2" });
    run.watch.onReport?.(
      upgradeReport({
        state: "rolling_back",
        message: "no such tag",
        steps: [{ ...pull, state: "failed", detail: "404" }],
      }),
    );
    run.end(runResult({ state: "rolled_back", exitCode: 10, message: "no such tag" }));
    await ended;
    const lines = told.out().replaceAll(/^\d{4}-\d\d-\d\d [\d:.]+ {2}/gm, "");
    expect(lines.split("\n")).toEqual([
      `chat (chat): run ${id}`,
      "pull  running  Pull app:2",
      "pull | layer 1 of 2",
      "pull  failed  Pull app:2: 404",
      "rolling back: no such tag",
      `rolled back: everything is as it was before (${id})`,
      "no such tag",
      "",
    ]);
    expect(invocation.exitCode).toBe(10);
  });

  it("--json is a document for each, the result the last", async () => {
    const { run, ended, told } = await watch({ json: true });
    run.watch.onReport?.(upgradeReport({ steps: [stepReport({ id: "pull", state: "done" })] }));
    run.end(runResult());
    await ended;
    const documents = told
      .out()
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(documents).toMatchObject([
      { type: "started", id, service: "chat" },
      { type: "step", step: "pull", state: "done" },
      { type: "finished", run: id, state: "kept", exitCode: 0 },
    ]);
  });
});

describe("a question", () => {
  it("is answered with yes by --yes", async () => {
    const { run, ended, upgrades } = await watch({ yes: true });
    run.watch.onReport?.(upgradeReport({ state: "waiting", message: "Go on?" }));
    await eventually(() => expect(upgrades.calls).toContain(`approve ${id}`));
    run.end(runResult());
    await ended;
  });

  it.each([
    ["y", `approve ${id}`],
    ["r", `decline ${id}`],
  ])("is answered at the terminal with the key %s", async (key, call) => {
    const { run, ended, upgrades, stdin, told } = await watch({ tty: true });
    stdin.write("y");
    run.watch.onReport?.(upgradeReport({ state: "waiting", message: "Is B good?" }));
    await eventually(() => expect(told.out()).toContain("Is B good?"));
    stdin.write(key);
    await eventually(() => expect(upgrades.calls.filter((each) => each !== `resume ${id}`)).toEqual([call]));
    run.end(runResult());
    await ended;
  });

  it("is left for later with the key n", async () => {
    const { run, ended, stdin } = await watch({ tty: true });
    run.watch.onReport?.(upgradeReport({ state: "waiting", message: "Is B good?" }));
    stdin.write("n");
    expect(await ended).toMatchObject({ state: "paused", exitCode: 30 });
  });

  it("is answered through the gateway just as well", async () => {
    const { admin, run, ended, upgrades } = await watch();
    admin.on(`GET /admin/runner?accepts=run%3A${id}`, (response) => {
      response.write(`data: {"order":"approve","id":"${id}","answer":"continue"}\n\n`);
    });
    run.watch.onReport?.(upgradeReport({ state: "waiting", message: "Go on?" }));
    await eventually(() => expect(upgrades.calls).toContain(`approve ${id}`));
    run.end(runResult());
    await ended;
  });
});

describe("Ctrl-C", () => {
  it("rolls back at first, and leaves the run as it is the second time", async () => {
    const { run, ended, stdin, invocation } = await watch({ tty: true });
    run.watch.onReport?.(upgradeReport());
    stdin.write("\u0003");
    await eventually(() => expect(run.watch.signal?.aborted).toBe(true));
    expect(run.watch.leave?.aborted).toBe(false);
    stdin.write("\u0003");
    expect(await ended).toMatchObject({ state: "paused" });
    expect(invocation.exitCode).toBe(30);
  });

  it("leaves nothing behind on the process when the run is over", async () => {
    const listeners = () => process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
    const before = listeners();
    const { run, ended } = await watch({ tty: true });
    run.fail(new Error("the disk is full"));
    await expect(ended).rejects.toThrow("the disk is full");
    expect(listeners()).toBe(before);
  });
});
