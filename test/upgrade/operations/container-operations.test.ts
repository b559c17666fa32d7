// What the operations on containers do when they are called again, and when the world is not as they expect. On the
// fake engine; replace-in-place.test.ts asks a real one.

import { beforeEach, describe, expect, test } from "vitest";
import { EngineError } from "../../../src/docker/engine-error.ts";
import { noChange } from "../../../src/docker/clone-container.ts";
import { createContainer } from "../../../src/upgrade/operations/create-container.ts";
import type { OperationOf } from "../../../src/upgrade/operations/operation.ts";
import { pauseContainer, unpauseContainer } from "../../../src/upgrade/operations/pause-container.ts";
import { removeContainer } from "../../../src/upgrade/operations/remove-container.ts";
import { renameContainer } from "../../../src/upgrade/operations/rename-container.ts";
import { setRestartPolicy } from "../../../src/upgrade/operations/set-restart-policy.ts";
import { startContainer } from "../../../src/upgrade/operations/start-container.ts";
import { stopContainer } from "../../../src/upgrade/operations/stop-container.ts";
import { FakeEngine } from "../../support/docker/fake-engine.ts";
import { performContext, resumed, type TestContext } from "../../support/upgrade/perform-context.ts";

const common = { id: "replace-app.x", step: "replace-app", cause: "the test wants it" };

let engine: FakeEngine;
let context: TestContext;
let old: { id: string; name: string };

beforeEach(() => {
  engine = new FakeEngine();
  engine.images.add("app:1", "sha256:one");
  engine.images.add("app:2", "sha256:two");
  const body = { Image: "app:1", Env: ["TOKEN=hush"] };
  const { inspect } = engine.containers.add({ name: "app", imageId: "sha256:one", body });
  old = { id: inspect.Id, name: "app" };
  context = performContext({ engine, secrets: { key: "s3cret" } });
});

function creation(role: "new" | "one-off" = "new"): OperationOf<"create-container"> {
  const change = { ...noChange("in-place"), env: { KEY: "${secrets.key}" } };
  const made = {
    kind: "create-container",
    name: "app.holdgate-new-r1",
    image: "app:2",
    platform: null,
  } as const;
  return { ...common, ...made, like: old, role, change };
}

async function makeContainer(role: "new" | "one-off" = "new"): Promise<{ id: string; name: string }> {
  const { name } = creation(role);
  await createContainer.perform(creation(role), context);
  return { id: engine.containers.find(name)?.inspect.Id ?? "", name };
}

function state(idOrName: string) {
  return engine.containers.find(idOrName)?.inspect.State;
}

describe("create-container", () => {
  test("makes one container, though the answer to the first call was lost", async () => {
    engine.failNth(1, "containers.create", { carriedOut: true });
    await expect(createContainer.perform(creation(), context)).rejects.toThrow(EngineError);
    const outcome = await createContainer.perform(creation(), resumed(context));
    expect(engine.containers.all.size).toBe(2);
    expect(outcome).toMatchObject({ id: engine.containers.find("app.holdgate-new-r1")?.inspect.Id });
  });

  test("puts secrets into the container, and nowhere else", async () => {
    const outcome = await createContainer.perform(creation(), context);
    const made = engine.containers.find("app.holdgate-new-r1");
    expect(made?.inspect.Config.Env).toEqual(expect.arrayContaining(["TOKEN=hush", "KEY=s3cret"]));
    expect(JSON.stringify([outcome, context.noted, context.lines])).not.toMatch(/hush|s3cret/);
  });

  test("says who has the name", async () => {
    engine.containers.add({ name: "app.holdgate-new-r1" });
    await expect(createContainer.perform(creation(), context)).rejects.toThrow(
      /the name .* is taken by the container/,
    );
  });

  test("does not guess what was the old image's when that is gone", async () => {
    engine.images.tags.delete("app:1");
    await expect(createContainer.perform(creation(), context)).rejects.toThrow("assumeAllExplicit");
  });
});

describe("start-container", () => {
  const start = { ...common, kind: "start-container" } as const;

  test.each(["new", "one-off"] as const)(
    "a %s container that has ended is not started again",
    async (role) => {
      const made = await makeContainer(role);
      const operation = { ...start, container: made };
      await startContainer.perform(operation, context);
      engine.containers.exit(made.id, 1);
      await startContainer.perform(operation, resumed(context));
      expect(state(made.id)?.Running).toBe(false);
    },
  );

  test("an old one is, on the way back", async () => {
    await engine.containers.stop(old.id);
    await startContainer.perform({ ...start, container: old }, resumed(context));
    expect(state(old.id)?.Running).toBe(true);
  });

  test("one whose start never reached the engine is", async () => {
    const made = await makeContainer();
    const operation = { ...start, container: made };
    engine.failNth(1, "containers.start", { error: new EngineError("unreachable", null, "no answer") });
    await expect(startContainer.perform(operation, context)).rejects.toThrow("no answer");
    await startContainer.perform(operation, resumed(context));
    expect(state(made.id)?.Running).toBe(true);
  });

  test("one that ran already is not stopped when it is undone", async () => {
    const operation = { ...start, container: old };
    const outcome = await startContainer.perform(operation, context);
    expect(startContainer.inverse(operation, outcome)).toEqual([]);
    expect(startContainer.inverse(operation, { wasRunning: false })).toMatchObject([
      { kind: "stop-container" },
    ]);
  });
});

describe("stop-container", () => {
  const stop = () =>
    ({
      ...common,
      kind: "stop-container",
      container: old,
      graceMs: null,
      signal: null,
      wasRunning: true,
    }) as const;

  test("is undone by a start only if it was this that stopped it", async () => {
    const outcome = await stopContainer.perform(stop(), context);
    expect(stopContainer.inverse(stop(), outcome)).toMatchObject([{ kind: "start-container" }]);
    const second = await stopContainer.perform(stop(), performContext({ engine }));
    expect(stopContainer.inverse(stop(), second)).toEqual([]);
  });

  test("knows after a crash that it ran before", async () => {
    engine.failNth(1, "containers.stop", { carriedOut: true });
    await expect(stopContainer.perform(stop(), context)).rejects.toThrow(EngineError);
    expect(stopContainer.inverse(stop(), undefined, context.notes)).toMatchObject([
      { kind: "stop-container" },
      { kind: "start-container" },
    ]);
    expect(await stopContainer.perform(stop(), resumed(context))).toMatchObject({ wasRunning: true });
  });

  test("is undone by a start alone where it was not given yet", () => {
    expect(stopContainer.inverse(stop(), undefined, {})).toMatchObject([{ kind: "start-container" }]);
  });

  test("of one that was never made is done", async () => {
    const container = { madeBy: "replace-app.create-new", name: "app" };
    expect(await stopContainer.perform({ ...stop(), container }, context)).toEqual({ wasRunning: false });
  });
});

describe("rename-container", () => {
  const rename = () =>
    ({ ...common, kind: "rename-container", container: old, from: "app", to: "other" }) as const;

  test("never renames a running container", async () => {
    await expect(renameContainer.perform(rename(), context)).rejects.toThrow("but it runs");
    expect(engine.containers.find("app")).toBeDefined();
  });

  test("is done when it has the name, whatever it does", async () => {
    await engine.containers.rename(old.id, "other");
    expect(await renameContainer.perform(rename(), resumed(context))).toMatchObject({ name: "other" });
  });

  test("says who has the name", async () => {
    await engine.containers.stop(old.id);
    const other = engine.containers.add({ name: "other" });
    const holder = `the container ${other.inspect.Id.slice(0, 12)} has that name`;
    await expect(renameContainer.perform(rename(), context)).rejects.toThrow(holder);
  });
});

describe("pause and unpause", () => {
  const pause = () => ({ ...common, kind: "pause-container", container: old }) as const;
  const unpause = () => ({ ...common, kind: "unpause-container", container: old }) as const;

  test("believe the state, not the answer", async () => {
    engine.containers.pause = async () => {};
    await expect(pauseContainer.perform(pause(), context)).rejects.toThrow("but now it is running");
  });

  test("undo what they did, and only that", async () => {
    const paused = await pauseContainer.perform(pause(), context);
    expect(pauseContainer.inverse(pause(), paused)).toMatchObject([{ kind: "unpause-container" }]);
    const again = await pauseContainer.perform(pause(), performContext({ engine }));
    expect(pauseContainer.inverse(pause(), again)).toEqual([]);
    const released = await unpauseContainer.perform(unpause(), performContext({ engine }));
    expect(unpauseContainer.inverse(unpause(), released)).toMatchObject([{ kind: "pause-container" }]);
  });
});

describe("remove-container and set-restart-policy", () => {
  test("a running container of somebody else is not removed", async () => {
    const operation = { ...common, kind: "remove-container", container: old, saveLogs: false } as const;
    await expect(removeContainer.perform(operation, context)).rejects.toThrow("this run has not made it");
  });

  test("the policy of before comes back", async () => {
    const before = { Name: "always", MaximumRetryCount: 0 };
    const policy = { Name: "no", MaximumRetryCount: 0 };
    const operation = { ...common, kind: "set-restart-policy", container: old, policy, before } as const;
    await setRestartPolicy.perform(operation, context);
    expect(setRestartPolicy.inverse(operation, {})).toMatchObject([{ policy: before, before: policy }]);
  });
});
