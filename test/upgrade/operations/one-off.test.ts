import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { awaitExit } from "../../../src/upgrade/operations/await-exit.ts";
import { createContainer } from "../../../src/upgrade/operations/create-container.ts";
import { OPERATION_LABEL } from "../../../src/upgrade/operations/handler.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { startContainer } from "../../../src/upgrade/operations/start-container.ts";
import { StepFailure } from "../../../src/upgrade/operations/step-failure.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import type { TestContext, TestContextOptions } from "../../support/upgrade/perform-context.ts";
import { common, onEngine, type Ref, shellChange, SLEEP } from "./on-engine.ts";

const on = onEngine("one-off");

interface Work {
  create: OperationOf<"create-container">;
  start: OperationOf<"start-container">;
  exit: OperationOf<"await-exit">;
}

/** A one-off with the volume of `like`, where it marks each of its runs. */
function workLike(like: Ref, script: string, more: Partial<OperationOf<"await-exit">> = {}): Work {
  const id = `${like.name}.create`;
  const name = `${like.name}.holdgate-migrate-${on.sandbox.prefix}`;
  const container = { madeBy: id, name };
  const change = shellChange(`echo ran >>/data/marks; ${script}`);
  const image = on.busybox.ref;
  return {
    create: {
      ...common(id),
      kind: "create-container",
      like,
      name,
      image,
      platform: null,
      role: "one-off",
      change,
    },
    start: { ...common(`${like.name}.start`), kind: "start-container", container },
    exit: {
      ...common(`${like.name}.exit`),
      kind: "await-exit",
      container,
      waitMs: null,
      successCodes: [0],
      output: null,
      ...more,
    },
  };
}

async function withVolume(part: string): Promise<{ like: Ref; marks: () => Promise<string> }> {
  const volume = await on.sandbox.volume(part);
  const like = await on.container(part, undefined, [`${volume}:/data`]);
  return { like, marks: async () => (await on.sandbox.exec(like.id, "cat", "/data/marks")).output };
}

/** As a run has it once the container is made. */
function afterCreate(
  create: Work["create"],
  outcome: JsonObject,
  options: TestContextOptions = {},
): TestContext {
  const made = { [create.id]: JSON.parse(JSON.stringify(outcome["id"])) };
  return on.context({
    made,
    outcomes: { [create.id]: outcome },
    ...options,
    run: { ...labelled(), ...options.run },
  });
}

function labelled(): Pick<NonNullable<TestContextOptions["run"]>, "labels"> {
  const labels = (step: string, role: string): Record<string, string> => ({
    ...on.sandbox.labels,
    "holdgate.run": on.sandbox.prefix,
    "holdgate.step": step,
    "holdgate.role": role,
  });
  return { labels };
}

async function begun({ create, start }: Work, options: TestContextOptions = {}): Promise<TestContext> {
  const outcome = await createContainer.perform(create, on.context({ run: labelled() }));
  const context = afterCreate(create, outcome, options);
  await startContainer.perform(start, afterCreate(create, outcome));
  return context;
}

describe("a one-off", () => {
  test("does its work; its lines are shown and its standard output is kept", async () => {
    const { like, marks } = await withVolume("good");
    const directory = await temporaryDirectory();
    const work = workLike(like, "echo one; echo two >&2; echo three", { output: "migrate.log" });
    const context = await begun(work, { run: { directory } });
    const output = `${directory}/migrate.log`;
    expect(await awaitExit.perform(work.exit, context)).toEqual({ exitCode: 0, output });
    expect(context.lines.toSorted()).toEqual(["one", "three", "two"]);
    expect(await readFile(output, "utf8")).toBe("one\nthree\n");
    expect(await marks()).toBe("ran\n");
  });

  test("that exits with another code fails, with its last lines", async () => {
    const { like } = await withVolume("bad");
    const work = workLike(like, "echo relation exists >&2; exit 7");
    const run = awaitExit.perform(work.exit, await begun(work));
    await expect(run).rejects.toThrow(
      /holdgate-migrate-.* exited with 7; its last lines:\n {2}relation exists/,
    );
  });

  test("that hangs is stopped when its time is up", async () => {
    const { like } = await withVolume("hangs");
    const work = workLike(like, "trap 'exit 0' TERM; echo waiting for a lock; while :; do sleep 0.05; done", {
      waitMs: 300,
    });
    const context = await begun(work);
    await expect(awaitExit.perform(work.exit, context)).rejects.toThrow(
      /did not end within 300ms and was stopped; its last lines:\n {2}waiting for a lock/,
    );
    expect((await on.sandbox.inspect(work.exit.container.name))?.State.Running).toBe(false);
  });

  test("that is killed by somebody fails", async () => {
    const { like, marks } = await withVolume("killed");
    const work = workLike(like, "sleep 600");
    const context = await begun(work);
    const run = awaitExit.perform(work.exit, context);
    await eventually(async () => expect(await marks()).toBe("ran\n"));
    const found = await on.sandbox.inspect(work.exit.container.name);
    await on.engine.containers.kill(found?.Id ?? "", "SIGKILL");
    await expect(run).rejects.toThrow("exited with 137");
  });

  test("that was removed meanwhile needs a person: what it did is not known", async () => {
    const { like } = await withVolume("removed");
    const work = workLike(like, "exit 0");
    const context = await begun(work);
    const found = await on.sandbox.inspect(work.exit.container.name);
    await on.engine.containers.remove(found?.Id ?? "", { force: true, volumes: false });
    await expect(awaitExit.perform(work.exit, context)).rejects.toMatchObject({ kind: "needs-a-person" });
  });
});

describe("given up", () => {
  test("by a step out of time: it is stopped", async () => {
    const { like } = await withVolume("late");
    const work = workLike(like, SLEEP);
    const late = new AbortController();
    const context = await begun(work, { signal: late.signal });
    const run = awaitExit.perform(work.exit, context);
    late.abort(new StepFailure("the step was not done within 1s"));
    await expect(run).rejects.toThrow("not done within 1s");
    expect((await on.sandbox.inspect(work.exit.container.name))?.State.Running).toBe(false);
  });

  test("by a runner that only leaves: it goes on, and the next runner has its exit", async () => {
    const { like, marks } = await withVolume("leaves");
    const work = workLike(like, "sleep 0.7; exit 4", { successCodes: [4] });
    const leaving = new AbortController();
    const context = await begun(work, { signal: leaving.signal });
    const run = awaitExit.perform(work.exit, context);
    leaving.abort(new Error("the runner stops"));
    await expect(run).rejects.toThrow("the runner stops");
    const next = Object.assign(await contextOf(work), { again: true, notes: context.notes });
    expect(await awaitExit.perform(work.exit, next)).toMatchObject({ exitCode: 4 });
    expect(await marks()).toBe("ran\n");
  });
});

test("one that has ended in its time, while no runner was there, has not been late", async () => {
  const { like } = await withVolume("absent");
  const work = workLike(like, "exit 0", { waitMs: 60_000 });
  const context = await begun(work);
  await on.engine.containers.wait(context.containerId(work.exit.container));
  const next = Object.assign(await contextOf(work), { again: true, notes: { until: Date.now() - 1000 } });
  expect(await awaitExit.perform(work.exit, next)).toMatchObject({ exitCode: 0 });
});

async function contextOf({ create, exit }: Work): Promise<TestContext> {
  const found = await on.sandbox.inspect(exit.container.name);
  return afterCreate(create, { id: found?.Id ?? "" });
}

test("every part performed twice, as after a crash behind each: one container, one run", async () => {
  const { like, marks } = await withVolume("twice");
  const work = workLike(like, "exit 0");
  const first = await createContainer.perform(work.create, on.context({ run: labelled() }));
  const second = await createContainer.perform(
    work.create,
    Object.assign(on.context({ run: labelled() }), { again: true }),
  );
  expect(second["id"]).toBe(first["id"]);
  const context = afterCreate(work.create, first);
  await startContainer.perform(work.start, context);
  await awaitExit.perform(work.exit, context);
  // The answer to the start was lost, and it has ended since: a second start would be a second migration.
  const again = Object.assign(context, { again: true });
  await startContainer.perform(work.start, again);
  await awaitExit.perform(work.exit, again);
  expect(await marks()).toBe("ran\n");
  const made = await on.engine.containers.list({ labels: [`${OPERATION_LABEL}=${work.create.id}`] });
  expect(made).toHaveLength(1);
});
