// The life of a container, against a real engine.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine } from "../../src/docker/engine.ts";
import { type LoadedImage, busyboxImage } from "../support/docker/images.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("docker-containers");
const STUBBORN = ["sh", "-c", "trap '' TERM; trap 'exit 7' USR1; while :; do sleep 0.05; done"];

let engine: Engine;
let busybox: LoadedImage;

beforeAll(async () => {
  if (leftOut !== null) return;
  engine = connectEngine();
  busybox = await busyboxImage();
});

afterAll(async () => {
  if (leftOut !== null) return;
  engine.close();
  await sandbox.close();
});

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

async function running(part: string, command = STUBBORN): Promise<string> {
  const id = await created(part, command);
  await engine.containers.start(id);
  return id;
}

function created(part: string, command = STUBBORN): Promise<string> {
  const body = { Image: busybox.ref, Cmd: command, Labels: sandbox.labels };
  return engine.containers.create({ name: sandbox.name(part), body });
}

async function stateOf(id: string): Promise<string | undefined> {
  return (await engine.containers.inspect(id))?.State.Status;
}

describe("starting and stopping", () => {
  test("a container that runs already is started, and one that stands still is stopped", async () => {
    const id = await running("twice");
    await engine.containers.start(id);
    expect(await stateOf(id)).toBe("running");
    await engine.containers.stop(id, { timeoutS: 0 });
    await engine.containers.stop(id, { timeoutS: 0 });
    expect(await stateOf(id)).toBe("exited");
  });

  test("a stop signal of one's own reaches the container on engines whose stop takes none", async () => {
    const id = await running("signal");
    await engine.containers.stop(id, { timeoutS: 20, stopSignal: "USR1" });
    expect((await engine.containers.inspect(id))?.State.ExitCode).toBe(7);
  });

  test("one that ignores the signal is killed at the deadline", async () => {
    const id = await running("ignores");
    await engine.containers.stop(id, { timeoutS: 0, stopSignal: "TERM" });
    expect((await engine.containers.inspect(id))?.State.ExitCode).toBe(137);
  });

  test("a paused container is paused, and no longer after that", async () => {
    const id = await running("paused");
    await engine.containers.pause(id);
    expect((await engine.containers.inspect(id))?.State.Paused).toBe(true);
    await engine.containers.unpause(id);
    expect(await stateOf(id)).toBe("running");
  });
});

describe("waiting for the end", () => {
  test("the exit code of one that ends later comes when it ends", async () => {
    const id = await running("later", ["sh", "-c", "sleep 0.3; exit 3"]);
    expect(await engine.containers.wait(id)).toBe(3);
  });

  test("the exit code of one that has ended comes at once, and again", async () => {
    const id = await running("ended", ["sh", "-c", "exit 4"]);
    await engine.containers.wait(id);
    expect(await engine.containers.wait(id)).toBe(4);
  });

  test("one that was removed meanwhile has none, and its name is in the error", async () => {
    const id = await running("vanished");
    const waiting = engine.containers.wait(id);
    await engine.containers.remove(id, { force: true, volumes: true });
    await expect(waiting).rejects.toMatchObject({
      kind: "absent",
      message: expect.stringContaining("vanished"),
    });
  });

  test("a signal ends it", async () => {
    const id = await running("given-up");
    const giveUp = new AbortController();
    const waiting = engine.containers.wait(id, giveUp.signal);
    giveUp.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
  });
});

describe("names", () => {
  test("a container is found by its whole name only", async () => {
    const id = await created("named");
    await created("named-too");
    const found = await engine.containers.list({ name: sandbox.name("named") });
    expect(found).toMatchObject([{ Id: id, name: sandbox.name("named"), State: "created" }]);
  });

  test("labels find all that have them", async () => {
    await created("labelled");
    const labels = [`holdgate.sandbox=${sandbox.prefix}`];
    const found = await engine.containers.list({ labels });
    expect(found.map(({ name }) => name)).toContain(sandbox.name("labelled"));
  });

  test("a renamed container is found under its new name", async () => {
    const id = await created("before");
    await engine.containers.rename(id, sandbox.name("after"));
    expect(await engine.containers.inspect(sandbox.name("before"))).toBeUndefined();
    expect((await engine.containers.inspect(sandbox.name("after")))?.Name).toBe(`/${sandbox.name("after")}`);
  });

  test("a name that is taken is a conflict", async () => {
    await created("taken");
    await expect(created("taken")).rejects.toMatchObject({ kind: "conflict", status: 409 });
  });
});

describe("what is not there", () => {
  test("looks as such", async () => {
    expect(await engine.containers.inspect(sandbox.name("nobody"))).toBeUndefined();
  });

  test("counts as removed", async () => {
    await engine.containers.remove(sandbox.name("nobody"), { force: true, volumes: false });
  });

  test("cannot be started, and the message says what was tried and what the engine said", async () => {
    const name = sandbox.name("nobody");
    const message = `start container ${name}: the engine answered 404: No such container: ${name}`;
    await expect(engine.containers.start(name)).rejects.toMatchObject({ kind: "absent", message });
  });
});

describe("what a container says about itself", () => {
  test("keys that this code does not know are kept", async () => {
    const id = await created("whole");
    const found = await engine.containers.inspect(id);
    expect(found?.HostConfig).toHaveProperty("ShmSize");
    expect(found?.Config).toHaveProperty("Domainname");
    expect(found).toHaveProperty("GraphDriver");
  });

  test("a new restart policy is in force", async () => {
    const id = await created("policy");
    await engine.containers.setRestartPolicy(id, { Name: "on-failure", MaximumRetryCount: 3 });
    const found = await engine.containers.inspect(id);
    expect(found?.HostConfig.RestartPolicy).toEqual({ Name: "on-failure", MaximumRetryCount: 3 });
  });

  test("files that were changed, added and deleted are told apart", async () => {
    const id = await running("changes", ["sh", "-c", "echo x > /added"]);
    await engine.containers.wait(id);
    expect(await engine.containers.changes(id)).toContainEqual({ path: "/added", kind: "added" });
  });
});
