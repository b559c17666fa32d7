// Updates of services on a real Swarm: in force, refused, taken back, and back again.

import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine, ServiceSpec } from "../../src/docker/engine.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type Convergence, convergeService } from "../../src/swarm/converge-service.ts";
import { restoreService } from "../../src/swarm/restore-service.ts";
import { scaleService } from "../../src/swarm/scale-service.ts";
import type { ServiceChange } from "../../src/swarm/service-change.ts";
import { updateService, type UpdateOutcome } from "../../src/swarm/update-service.ts";
import { appParts } from "../support/docker/images.ts";
import { TestRegistry } from "../support/docker/registry.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { HOOK_MS, serviceSpec, startService, makeImages } from "./swarm-service.ts";

const leftOut = whyLeftOut("swarm");
const sandbox = openSandbox("swarm-update");
const clock = systemClock;

let engine: Engine;

beforeAll(async () => {
  if (leftOut !== null) return;
  engine = connectEngine();
  await makeImages(sandbox);
}, HOOK_MS);

afterAll(async () => {
  if (leftOut !== null) return;
  engine.close();
  await sandbox.close();
}, HOOK_MS);

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

const image = (tag: string): string => `${sandbox.name("app")}:${tag}`;

function change(tag: string, more: Partial<ServiceChange> = {}): ServiceChange {
  const config = { parallelism: 2, delayMs: null, order: null, monitorMs: 1000, maxFailureRatio: null };
  return { image: image(tag), env: {}, failureAction: "pause", ...config, ...more };
}

function update(service: string, wish: ServiceChange, mark = "run/update"): Promise<UpdateOutcome> {
  return updateService(engine, { service, change: wish, mark, auth: null }, { clock });
}

function converge(service: string, tag: string | null, waitMs = 30_000): Promise<Convergence> {
  const mark = tag === null ? null : "run/update";
  const wish = { service, image: tag === null ? null : image(tag), mark, waitMs };
  return convergeService(engine, wish, { clock });
}

async function specOf(service: string): Promise<ServiceSpec | undefined> {
  return (await engine.services.inspect(service))?.Spec;
}

describe("an update", () => {
  test("brings every task to the new image and environment, and is done once", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "plain", { env: ["A=1", "B=2"] }));
    expect(await update(id, change("2", { env: { B: "3", C: "4" } }))).toMatchObject({
      kind: "updated",
      image: image("2"),
      unpinned: expect.stringContaining("ask the registry"),
      before: { TaskTemplate: { ContainerSpec: { Image: image("1") } } },
    });
    expect(await update(id, change("2"))).toEqual({ kind: "done", image: image("2") });
    expect(await converge(id, "2")).toEqual({ kind: "converged", running: 2, note: null });
    const alive = (await engine.services.tasks(id)).filter(({ DesiredState }) => DesiredState === "running");
    expect(alive.map(({ Spec }) => Spec.ContainerSpec)).toEqual([
      expect.objectContaining({ Image: image("2"), Env: ["A=1", "B=3", "C=4"] }),
      expect.objectContaining({ Image: image("2"), Env: ["A=1", "B=3", "C=4"] }),
    ]);
  });

  test("of an image that a registry knows is pinned to what its tag means now", async () => {
    const registry = await TestRegistry.start();
    onTestFinished(() => registry.close());
    const files = { "/version": "3" };
    const pushed = await appParts({ base: "busybox", files, config: { Labels: sandbox.labels } });
    const { ref, digest } = registry.push(sandbox.name("pinned"), "3", pushed);
    const id = await startService(engine, serviceSpec(sandbox, "pinned", { replicas: 1 }));
    const wish = { service: id, change: { ...change("1"), image: ref }, mark: "run/update", auth: null };
    const outcome = await updateService(engine, wish, { clock });
    expect(outcome).toMatchObject({ kind: "updated", image: `${ref}@${digest}`, unpinned: null });
    const converged = await convergeService(engine, { service: id, image: ref, waitMs: 30_000 }, { clock });
    expect(converged).toMatchObject({ kind: "converged", running: 1 });
  });

  test("that changes nothing is not sent", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "same", { replicas: 1 }));
    const before = await engine.services.inspect(id);
    expect(await update(id, change("1"))).toEqual({ kind: "unchanged", image: image("1") });
    expect(await engine.services.inspect(id)).toEqual(before);
  });

  test("that somebody else overtakes is made to what they left", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "raced", { replicas: 1 }));
    let raced = false;
    const services: Engine["services"] = {
      ...engine.services,
      update: async (...args) => {
        if (!raced) await scaleService(engine, { service: id, replicas: 2 });
        raced = true;
        await engine.services.update(...args);
      },
    };
    const wish = { service: id, change: change("2"), mark: "run/update", auth: null };
    expect(await updateService({ ...engine, services }, wish, { clock })).toMatchObject({ kind: "updated" });
    expect((await specOf(id))?.Mode).toEqual({ Replicated: { Replicas: 2 } });
    expect((await specOf(id))?.TaskTemplate.ContainerSpec.Image).toBe(image("2"));
  });
});

describe("an update to something broken", () => {
  test("is taken back by Swarm, which is told with why, and restoring finds nothing to do", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "rolled"));
    const before = await specOf(id);
    await update(id, change("2", { env: { CRASH: "1" }, failureAction: "rollback" }));
    expect(await converge(id, "2")).toEqual({
      kind: "rolled-back",
      message: expect.stringMatching(/rollback completed; .*app:2 failed: task: non-zero exit \(3\)/),
    });
    expect(await update(id, change("2"))).toMatchObject({ kind: "undone" });
    expect(await restoreService(engine, { service: id, spec: before ?? {}, auth: null })).toEqual({
      changed: false,
    });
    expect(await converge(id, null)).toMatchObject({ kind: "converged", running: 2 });
  });

  test("is taken back also where only its environment is broken", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "env"));
    await update(id, change("1", { env: { CRASH: "1" }, failureAction: "rollback" }));
    expect(await converge(id, "1")).toMatchObject({ kind: "rolled-back" });
  });

  test("pauses, and the spec of before brings it back", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "paused"));
    const before = await specOf(id);
    await update(id, change("2", { env: { CRASH: "1" } }));
    expect(await converge(id, "2")).toMatchObject({
      kind: "paused",
      message: expect.stringContaining("exit (3)"),
    });
    expect(await restoreService(engine, { service: id, spec: before ?? {}, auth: null })).toEqual({
      changed: true,
    });
    expect(await converge(id, null)).toMatchObject({ kind: "converged", running: 2 });
    expect(await specOf(id)).toEqual(before);
  });

  test("whose image is nowhere is late, and says what the tasks say", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "missing", { replicas: 1 }));
    await update(id, change("9", { failureAction: "continue" }));
    expect(await converge(id, "9", 3000)).toEqual({
      kind: "late",
      message: expect.stringMatching(/not converged within 3s: 0 of 1 tasks run; .*No such image/),
    });
  });
});

describe("an update that starts the new first", () => {
  test("where both need a port of the host says that it can never be", async () => {
    const port = {
      TargetPort: 80,
      PublishMode: "host",
      Protocol: "tcp",
      PublishedPort: 20_000 + (process.pid % 20_000),
    };
    const spec = serviceSpec(sandbox, "port", { replicas: 1, ports: [port] });
    const id = await startService(engine, spec);
    await update(id, change("2", { order: "start-first" }));
    expect(await converge(id, "2")).toEqual({
      kind: "stuck",
      message: expect.stringMatching(/host-mode port already in use.*use order: stop-first/),
    });
  });
});

describe("scaling", () => {
  test("converges upwards, to nothing and back, and tells what it was", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "scaled", { replicas: 1 }));
    expect(await scaleService(engine, { service: id, replicas: 3 })).toEqual({ before: 1, changed: true });
    expect(await scaleService(engine, { service: id, replicas: 3 })).toEqual({ before: 3, changed: false });
    expect(await converge(id, null)).toMatchObject({ kind: "converged", running: 3 });
    await scaleService(engine, { service: id, replicas: 0 });
    expect(await converge(id, null)).toMatchObject({ kind: "converged", running: 0 });
  });

  test("of a service that has no number of tasks is refused", async () => {
    const spec = { ...serviceSpec(sandbox, "global"), Mode: { Global: {} } };
    const id = await startService(engine, spec);
    await expect(scaleService(engine, { service: id, replicas: 3 })).rejects.toMatchObject({
      kind: "invalid",
    });
  });
});
