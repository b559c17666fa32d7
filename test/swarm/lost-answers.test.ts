// Answers that are lost, on an engine in memory: whatever is called again does nothing twice.

import { expect, test } from "vitest";
import type { ServiceSpec } from "../../src/docker/engine.ts";
import { changeSpec, UPDATE_LABEL } from "../../src/swarm/service-change.ts";
import { convergeService } from "../../src/swarm/converge-service.ts";
import { createJob, removeJob } from "../../src/swarm/run-job.ts";
import { scaleService } from "../../src/swarm/scale-service.ts";
import { updateService } from "../../src/swarm/update-service.ts";
import { FakeEngine } from "../support/docker/fake-engine.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";

const clock = new ManualClock();
const CHANGE = {
  image: "chat:2",
  env: {},
  parallelism: null,
  delayMs: 2000,
  order: null,
  failureAction: null,
  monitorMs: null,
  maxFailureRatio: null,
};

function spec(): ServiceSpec {
  return {
    Name: "chat",
    Labels: { team: "one" },
    TaskTemplate: {
      ContainerSpec: { Image: "chat:1", Env: ["A=1=1"], Hostname: "chat" },
      Runtime: "container",
    },
    Mode: { Replicated: { Replicas: 2 } },
    EndpointSpec: { Mode: "dnsrr" },
  };
}

test("an update whose answer is lost is found done", async () => {
  const engine = new FakeEngine();
  const { ID } = engine.services.add(spec());
  const update = { service: ID, change: CHANGE, mark: "run/1", auth: null };
  engine.failNth(1, "services.update", { carriedOut: true });
  await expect(updateService(engine, update, { clock })).rejects.toMatchObject({ kind: "unreachable" });
  expect(await updateService(engine, update, { clock })).toEqual({ kind: "done", image: "chat:2" });
  expect(engine.writes).toEqual(["services.update"]);
});

test("a job whose answer is lost is found, and made once; so is its removal", async () => {
  const engine = new FakeEngine();
  const { ID } = engine.services.add(spec());
  const job = { name: "job", image: null, command: ["migrate"], env: {}, labels: {}, like: ID, auth: null };
  engine.failNth(1, "services.create", { carriedOut: true });
  await expect(createJob(engine, job)).rejects.toMatchObject({ kind: "unreachable" });
  const id = await createJob(engine, job);
  expect((await engine.services.inspect("job"))?.ID).toBe(id);
  engine.failNth(1, "services.remove", { carriedOut: true });
  await expect(removeJob(engine, "job")).rejects.toMatchObject({ kind: "unreachable" });
  await removeJob(engine, "job");
  expect(engine.writes).toEqual(["services.create", "services.remove"]);
});

test("a scaling whose answer is lost is found done", async () => {
  const engine = new FakeEngine();
  const { ID } = engine.services.add(spec());
  engine.failNth(1, "services.update", { carriedOut: true });
  const wish = { service: ID, replicas: 0 };
  await expect(scaleService(engine, wish)).rejects.toMatchObject({ kind: "unreachable" });
  expect(await scaleService(engine, wish)).toEqual({ before: 0, changed: false });
});

test("an engine that is away for a while does not end the wait; one that stays away makes it late", async () => {
  const engine = new FakeEngine();
  const { ID } = engine.services.add(spec());
  engine.failWhen(() => ({}));
  const converging = convergeService(engine, { service: ID, image: null, waitMs: 5000 }, { clock });
  await eventually(() => expect(clock.pendingTimers).toBe(1));
  for (let look = 0; look < 30; look += 1) {
    clock.advance(1000);
    await new Promise((resolve) => void setImmediate(resolve));
  }
  expect(await converging).toEqual({
    kind: "late",
    message: expect.stringContaining("not converged within 5s"),
  });
});

test("a change keeps all that it does not name", () => {
  const change = { ...CHANGE, env: { A: "2", B: "x" } };
  const changed = changeSpec(spec(), change, { image: "chat:2", labels: { [UPDATE_LABEL]: "m" } });
  expect(changed).toEqual({
    ...spec(),
    Labels: { team: "one", [UPDATE_LABEL]: "m" },
    TaskTemplate: {
      Runtime: "container",
      ContainerSpec: {
        Image: "chat:2",
        Env: ["A=2", "B=x"],
        Hostname: "chat",
        Labels: { [UPDATE_LABEL]: "m" },
      },
    },
    UpdateConfig: {
      Parallelism: 1,
      Delay: 2_000_000_000,
      FailureAction: "pause",
      Monitor: 5_000_000_000,
      Order: "stop-first",
    },
  });
});
