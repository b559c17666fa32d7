import { readFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/lib/clock.ts";
import { DirectoryProcessHost } from "../../../src/process/directory-process-host.ts";
import { command } from "../../../src/upgrade/operations/command.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { startProcess, stopProcess } from "../../../src/upgrade/operations/process.ts";
import { StepFailure } from "../../../src/upgrade/operations/step-failure.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { performContext, resumed, type TestContextOptions } from "../../support/upgrade/perform-context.ts";
import { common } from "./on-engine.ts";

async function withHost() {
  const directory = await temporaryDirectory();
  const processes = new DirectoryProcessHost({ directory: `${directory}/processes`, clock: systemClock });
  const context = (options: TestContextOptions = {}) =>
    performContext({ processes, clock: systemClock, ...options, run: { planDirectory: directory } });
  return { directory, processes, context };
}

function commandOf(script: string, env: Record<string, string> = {}): OperationOf<"command"> {
  const words = ["sh", "-c", script];
  return { ...common("hook.run"), kind: "command", command: words, cwd: null, env, successCodes: [0] };
}

describe("a command of the plan", () => {
  test("runs in the plan's directory, its lines are shown, its secrets go to it alone", async () => {
    const { directory, context } = await withHost();
    const own = context({ secrets: { token: "s3cret-value" } });
    const operation = commandOf("pwd; echo ${#TOKEN} >&2; printf end", { TOKEN: "${secrets.token}" });
    const outcome = await command.perform(operation, own);
    expect(own.lines.toSorted()).toEqual([directory, "12", "end"].toSorted());
    expect(JSON.stringify([outcome, own.noted])).not.toContain("s3cret");
  });

  test("that fails says how", async () => {
    const { context } = await withHost();
    const run = command.perform(commandOf("echo no route >&2; exit 6"), context());
    await expect(run).rejects.toThrow("sh exited with 6; its last lines:\n  no route");
  });

  test("performed twice runs once, and its lines are there again", async () => {
    const { directory, context } = await withHost();
    const own = context();
    const operation = commandOf("echo ran >>marks; echo line");
    await command.perform(operation, own);
    await command.perform(operation, resumed(own));
    expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\n");
    expect(own.lines).toEqual(["line", "line"]);
  });

  test("goes on when its runner leaves, and its end is the next runner's", async () => {
    const { directory, context } = await withHost();
    const leaving = new AbortController();
    const own = context({ signal: leaving.signal });
    const operation = commandOf("echo ran >>marks; sleep 0.4; echo done >>marks");
    const run = command.perform(operation, own);
    await eventually(async () => expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\n"));
    leaving.abort(new Error("the runner stops"));
    await expect(run).rejects.toThrow("the runner stops");
    await command.perform(operation, Object.assign(context(), { again: true, notes: own.notes }));
    expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\ndone\n");
  });

  test("out of time is stopped; cancelled it is stopped by its undoing", async () => {
    const { processes, context } = await withHost();
    const late = new AbortController();
    const own = context({ signal: late.signal });
    const operation = commandOf("exec sleep 60");
    const run = command.perform(operation, own);
    await eventually(() => expect(own.notes["process"]).toBeTypeOf("string"));
    const [stop] = command.inverse(operation, undefined, own.notes);
    late.abort(new StepFailure("the step is out of time"));
    await expect(run).rejects.toThrow("out of time");
    expect(stop).toMatchObject({ kind: "stop-process", name: own.notes["process"] });
    const found = await processes.find("command-20260101-000000-test-hook.run");
    expect(found?.state.name).toBe("ended");
  });

  test("that was killed needs a person", async () => {
    const { context } = await withHost();
    const run = command.perform(commandOf("kill -9 0"), context());
    await expect(run).rejects.toMatchObject({ kind: "needs-a-person" });
  });
});

test("a command is run anew by another try, and is not told the failure of the one before", async () => {
  const { directory, context } = await withHost();
  const operation = commandOf("echo ran >>marks; test $(wc -l <marks) -gt 1");
  await expect(command.perform(operation, context())).rejects.toThrow("exited with 1");
  // A retry has forgotten what was noted.
  await command.perform(operation, context());
  expect(await readFile(`${directory}/marks`, "utf8")).toBe("ran\nran\n");
});

describe("an app that is a process", () => {
  const app = {
    kind: "process",
    command: ["sh", "-c", 'test -n "$TOKEN" && exec sleep 60'],
    cwd: null,
    env: { TOKEN: "${secrets.token}" },
    url: "http://127.0.0.1:1",
    graceMs: 5000,
    host: null,
  } as const;
  const target = () => ({ ...app, command: [...app.command] });

  test("is started with its secrets, and described without them to whoever starts it again", async () => {
    const { directory, processes, context } = await withHost();
    onTestFinished(() => processes.stop("app", 0));
    const own = context({ secrets: { token: "s3cret-value" } });
    const start = { ...common("r.start"), kind: "start-process", name: "app", process: target() } as const;
    const outcome = await startProcess.perform(start, own);
    expect(await startProcess.perform(start, resumed(own))).toEqual(outcome);
    expect((await processes.find("app"))?.about).toEqual({ ...app, cwd: directory });

    const stop = {
      ...common("r.stop"),
      kind: "stop-process",
      name: "app",
      before: target(),
      graceMs: 5000,
    } as const;
    await stopProcess.perform(stop, own);
    await stopProcess.perform(stop, resumed(own));
    expect((await processes.find("app"))?.state.name).toBe("ended");
    expect(stopProcess.inverse(stop, {})).toMatchObject([{ kind: "start-process", process: app }]);
    expect(stopProcess.inverse({ ...stop, before: null }, {})).toEqual([]);
    expect(startProcess.inverse(start, undefined)).toMatchObject([{ kind: "stop-process", before: null }]);
  });

  test("is not started with a secret as an argument", async () => {
    const { context } = await withHost();
    const process = { ...target(), command: ["serve", "${secrets.token}"] };
    const start = { ...common("r.start"), kind: "start-process", name: "app", process } as const;
    await expect(startProcess.perform(start, context())).rejects.toThrow("has a secret as an argument");
  });
});
