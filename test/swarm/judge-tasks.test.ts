// Where a service stands, from made-up looks at its tasks.

import { describe, expect, test } from "vitest";
import type { ServiceInspect, TaskInspect } from "../../src/docker/engine.ts";
import { isSameImage, judgeTasks } from "../../src/swarm/judge-tasks.ts";
import { UPDATE_LABEL } from "../../src/swarm/service-change.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;
const OLD = "example/chat:1";
const NEW = `example/chat:2@${DIGEST}`;

interface ServiceParts {
  image?: string;
  state?: string;
  message?: string;
  mode?: ServiceInspect["Spec"]["Mode"];
  order?: string;
  mark?: string;
}

function service(parts: ServiceParts = {}): ServiceInspect {
  const { image = NEW, state, message = "", mode = { Replicated: { Replicas: 2 } }, order, mark } = parts;
  const Labels = mark === undefined ? {} : { [UPDATE_LABEL]: mark };
  return {
    ID: "service",
    Version: { Index: 1 },
    Spec: {
      Name: "chat",
      Labels: {},
      TaskTemplate: { ContainerSpec: { Image: image, Labels } },
      Mode: mode,
      UpdateConfig: { Order: order ?? "stop-first" },
    },
    ...(state !== undefined && { UpdateStatus: { State: state, Message: message } }),
  };
}

interface TaskParts {
  image?: string;
  state?: string;
  desired?: string;
  err?: string;
  at?: string;
  mark?: string;
  force?: number;
}

function task(parts: TaskParts = {}): TaskInspect {
  const { image = NEW, state = "running", desired = "running", err, at = "1", mark, force } = parts;
  const Labels = mark === undefined ? {} : { [UPDATE_LABEL]: mark };
  return {
    ID: `task-${at}`,
    ServiceID: "service",
    NodeID: "node",
    CreatedAt: at,
    DesiredState: desired,
    Status: { State: state, Timestamp: at, ...(err !== undefined && { Err: err }) },
    Spec: { ContainerSpec: { Image: image, Labels }, ...(force !== undefined && { ForceUpdate: force }) },
  };
}

const toNew = { image: "example/chat:2" };

describe("a service", () => {
  test("has converged when all its tasks run with its spec, whatever the old ones do", () => {
    const tasks = [task(), task(), task({ image: OLD, desired: "shutdown" })];
    expect(judgeTasks(service(), tasks, toNew)).toEqual({ kind: "converged", running: 2, wanted: 2 });
    expect(judgeTasks(service({ state: "completed" }), tasks, toNew).kind).toBe("converged");
  });

  test("is watched while Swarm may still take the update back", () => {
    expect(judgeTasks(service({ state: "updating" }), [task(), task()], toNew).kind).toBe("watched");
  });

  test.each([
    ["an old task", task({ image: OLD })],
    ["one that starts", task({ state: "starting" })],
    ["one of another update", task({ mark: "other" })],
    ["one of before a forced update", task({ force: 1 })],
  ])("moves while %s is to run", (_, other) => {
    expect(judgeTasks(service(), [task(), other], toNew)).toMatchObject({
      kind: "moving",
      running: 1,
      wanted: 2,
    });
  });

  test("that is scaled down moves until Swarm has told the last task that is too many to end", () => {
    const none = service({ mode: { Replicated: { Replicas: 0 } } });
    expect(judgeTasks(none, [task()], toNew)).toMatchObject({ kind: "moving", running: 1, wanted: 0 });
    expect(judgeTasks(none, [task({ desired: "shutdown" })], toNew).kind).toBe("converged");
  });

  test("that is global moves until it has a task, and has converged when all run", () => {
    const global = service({ mode: { Global: {} } });
    expect(judgeTasks(global, [], toNew).kind).toBe("moving");
    expect(judgeTasks(global, [task(), task({ state: "preparing" })], toNew).kind).toBe("moving");
    expect(judgeTasks(global, [task(), task()], toNew).kind).toBe("converged");
  });

  test("says what stands in its way: the newest failure, and how often", () => {
    const failed = { state: "failed", desired: "shutdown" };
    const tasks = [task({ ...failed, at: "2", err: "exit 2" }), task({ ...failed, at: "1", err: "exit 1" })];
    const expected = { kind: "moving", hindrance: "2 tasks with example/chat:2 failed: exit 2" };
    expect(judgeTasks(service(), tasks, toNew)).toMatchObject(expected);
  });

  test("has a failure too where a task ended with 0, which is all that Swarm says of many an unhealthy one", () => {
    const back = service({ image: OLD, state: "rollback_completed", message: "rollback completed" });
    const tasks = [task({ image: OLD }), task({ state: "complete", desired: "shutdown" })];
    expect(judgeTasks(back, tasks, toNew)).toEqual({
      kind: "rolled-back",
      message: expect.stringMatching(/^rollback completed; a task with .* failed: .*did not become healthy$/),
    });
  });
});

describe("what Swarm did", () => {
  test.each([
    ["rollback_completed", "rolled-back"],
    ["rollback_paused", "paused"],
    ["rollback_started", "moving"],
    ["completed", "superseded"],
  ])("%s with the old image means %s", (state, kind) => {
    const back = service({ image: OLD, state, message: "said" });
    expect(judgeTasks(back, [task({ image: OLD })], toNew).kind).toBe(kind);
  });

  test("is noticed by the mark where the image is the same", () => {
    const back = service({ state: "rollback_completed", mark: "before" });
    expect(judgeTasks(back, [], { ...toNew, mark: "run" }).kind).toBe("rolled-back");
    expect(judgeTasks(service({ mark: "run" }), [], { ...toNew, mark: "run" }).kind).toBe("moving");
  });

  test("long ago does not matter to who asks for the spec in force", () => {
    const back = service({ image: OLD, state: "rollback_completed" });
    const tasks = [task({ image: OLD }), task({ image: OLD })];
    expect(judgeTasks(back, tasks, { image: null }).kind).toBe("converged");
  });

  test("when it paused is told with the failure", () => {
    const tasks = [task({ state: "rejected", err: "No such image" })];
    expect(judgeTasks(service({ state: "paused", message: "update paused" }), tasks, toNew)).toEqual({
      kind: "paused",
      message: "update paused; a task with example/chat:2 failed: No such image",
    });
  });
});

test("a port of the host that the old task keeps can be waited for in vain only where the new starts first", () => {
  const err = "no suitable node (host-mode port already in use on 1 node)";
  const tasks = [task({ image: OLD }), task({ state: "pending", err })];
  expect(judgeTasks(service({ order: "start-first" }), tasks, toNew).kind).toBe("stuck");
  expect(judgeTasks(service(), tasks, toNew)).toMatchObject({ kind: "moving", hindrance: err });
});

test.each([
  ["chat", "docker.io/library/chat:latest", true],
  ["chat:1", `chat:1@${DIGEST}`, true],
  [`chat:1@${DIGEST}`, `chat:2@${DIGEST}`, true],
  [`chat:1@${DIGEST}`, `chat:1@sha256:${"b".repeat(64)}`, false],
  ["chat:1", "chat:2", false],
  ["a.example/chat:1", "b.example/chat:1", false],
])("%s and %s mean one image: %s", (one, other, same) => {
  expect(isSameImage(one, other)).toBe(same);
});
