// Whether a Swarm is fit for an upgrade.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine, TaskInspect } from "../../src/docker/engine.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { checkSwarm } from "../../src/swarm/check-swarm.ts";
import { convergeService } from "../../src/swarm/converge-service.ts";
import { scaleService } from "../../src/swarm/scale-service.ts";
import { FakeEngine } from "../support/docker/fake-engine.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { HOOK_MS, makeImages, serviceSpec, startService } from "./swarm-service.ts";

const leftOut = whyLeftOut("swarm");

describe("a real swarm", () => {
  const sandbox = openSandbox("swarm-check");
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

  test("is fit when all tasks of the services that count run", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "fit"));
    expect(await checkSwarm(engine, [id])).toEqual([]);
  });

  test("is not when one of them is missing or has too few", async () => {
    const id = await startService(engine, serviceSpec(sandbox, "few", { replicas: 1 }));
    await scaleService(engine, { service: id, replicas: 12 });
    expect(await checkSwarm(engine, [sandbox.name("few"), sandbox.name("none")])).toEqual([
      `there is no service ${sandbox.name("none")}`,
      expect.stringMatching(/the service .*few has \d+ of 12 tasks running/),
    ]);
    await scaleService(engine, { service: id, replicas: 0 });
    await convergeService(engine, { service: id, image: null, waitMs: 30_000 }, { clock: systemClock });
  });
});

describe("an engine in memory", () => {
  test("that is in no swarm, or no manager, says so and is asked nothing more", async () => {
    const engine = new FakeEngine();
    expect(await checkSwarm(engine)).toEqual(["the engine fake is in no swarm (inactive)"]);
    engine.swarm = { state: "active", isManager: false, nodeId: "n" };
    expect(await checkSwarm(engine)).toEqual([expect.stringContaining("is no manager of its swarm")]);
    expect(engine.calls).toEqual([]);
  });

  test("whose node is down says which; one that is drained is so on purpose", async () => {
    const engine = new FakeEngine();
    engine.swarm = { state: "active", isManager: true, nodeId: "n" };
    const node = { ID: "n", hostname: "one", availability: "active", state: "down", isManager: true };
    engine.services.nodeList = [node, { ...node, hostname: "two", availability: "drain" }];
    expect(await checkSwarm(engine)).toEqual(["the node one is down"]);
  });

  test("whose service is in the middle of an update says so, though all its tasks run", async () => {
    const engine = new FakeEngine();
    engine.swarm = { state: "active", isManager: true, nodeId: "n" };
    const task = (ForceUpdate: number): TaskInspect => ({
      ID: `task-${ForceUpdate}`,
      ServiceID: "service-1",
      NodeID: "n",
      CreatedAt: "2026-01-01T00:00:00Z",
      DesiredState: "running",
      Spec: { ContainerSpec: { Image: "app:1" }, ForceUpdate },
      Status: { State: "running", Timestamp: "2026-01-01T00:00:00Z" },
    });
    const service = engine.services.add({
      Name: "chat",
      Labels: {},
      TaskTemplate: { ContainerSpec: { Image: "app:1" }, ForceUpdate: 1 },
      Mode: { Replicated: { Replicas: 2 } },
    });
    service.UpdateStatus = { State: "updating", Message: "update in progress" };
    engine.services.tasksOf = () => [task(0), task(1)];
    expect(await checkSwarm(engine)).toEqual(["the service chat is being updated, 1 of 2 tasks so far"]);
  });
});
