// Jobs on a real Swarm: once, with what the service has, and gone without a trace.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine } from "../../src/docker/engine.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { awaitJob, createJob, type JobOutcome, readJobLog, removeJob } from "../../src/swarm/run-job.ts";
import { askEngine } from "../support/docker/call-engine.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { HOOK_MS, makeImages, serviceSpec, startService } from "./swarm-service.ts";

const leftOut = whyLeftOut("swarm");
const sandbox = openSandbox("swarm-job");
const clock = systemClock;

let engine: Engine;
let like: string;
let volume: string;

beforeAll(async () => {
  if (leftOut !== null) return;
  engine = connectEngine();
  await makeImages(sandbox);
  volume = await sandbox.volume("data");
  const secret = await secretNamed("password", "the password");
  const container = {
    Mounts: [{ Type: "volume", Source: volume, Target: "/data" }],
    Secrets: [secret],
    Healthcheck: { Test: ["CMD", "true"], Interval: 200_000_000 },
  };
  const { id } = await sandbox.network("overlay", { driver: "overlay" });
  const spec = serviceSpec(sandbox, "like", {
    replicas: 1,
    env: ["GREETING=hello", "NAME=nobody"],
    container,
  });
  const networks = [{ Target: id, Aliases: ["chat"] }];
  like = await startService(engine, { ...spec, TaskTemplate: { ...spec.TaskTemplate, Networks: networks } });
}, HOOK_MS);

afterAll(async () => {
  if (leftOut !== null) return;
  engine.close();
  await sandbox.close();
}, HOOK_MS);

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

async function secretNamed(part: string, value: string): Promise<object> {
  const Name = sandbox.name(part);
  const Data = Buffer.from(value).toString("base64");
  const { ID } = await askEngine<{ ID: string }>("POST", "/secrets/create", {
    Name,
    Data,
    Labels: sandbox.labels,
  });
  return { SecretID: ID, SecretName: Name, File: { Name: part, UID: "0", GID: "0", Mode: 0o444 } };
}

function create(part: string, script: string, image: string | null = null): Promise<string> {
  const name = sandbox.name(part);
  const wish = { image, command: ["-c", script], env: { NAME: "job" }, labels: sandbox.labels };
  return createJob(engine, { ...wish, name, like, auth: null });
}

function wait(job: string, waitMs: number | null = 30_000): Promise<JobOutcome> {
  return awaitJob(engine, { job, waitMs }, { clock });
}

describe("a job like a service", () => {
  test("has its environment, secrets, mounts and networks, and its output is kept", async () => {
    const script =
      'echo "$GREETING $NAME"; cat /run/secrets/password; echo; echo kept > /data/file; ip addr | grep -c eth';
    const id = await create("whole", script);
    expect(await wait(id)).toEqual({ kind: "ended", exitCode: 0, message: null });
    const lines: string[] = [];
    await readJobLog(engine, id, ({ text }) => void lines.push(text));
    expect(lines.slice(0, 2)).toEqual(["hello job", "the password"]);
    const spec = (await engine.services.inspect(id))?.Spec;
    expect(spec?.TaskTemplate["Networks"]).toEqual([{ Target: expect.any(String) }]);
    expect(spec?.Mode.ReplicatedJob).toEqual({ MaxConcurrent: 1, TotalCompletions: 1 });
  });

  test("is found by its name by whoever comes back, and runs once", async () => {
    const script = "echo ran >> /data/times";
    const id = await create("once", script);
    await wait(id);
    expect(await create("once", script)).toBe(id);
    await wait(id);
    const check = await create("count", "test $(wc -l < /data/times) = 1");
    expect(await wait(check)).toMatchObject({ exitCode: 0 });
  });

  test("that fails is not started again, and its exit code is known", async () => {
    const id = await create("fails", "exit 7");
    expect(await wait(id)).toEqual({ kind: "ended", exitCode: 7, message: "task: non-zero exit (7)" });
    expect(await engine.services.tasks(id)).toHaveLength(1);
  });

  test("whose image is nowhere was rejected", async () => {
    const id = await create("rejected", "true", `${sandbox.name("app")}:9`);
    expect(await wait(id)).toEqual({ kind: "rejected", message: expect.stringContaining("No such image") });
  });

  test("that takes too long is late, and still there", async () => {
    const id = await create("slow", "sleep 1000");
    expect(await wait(id, 1000)).toEqual({
      kind: "late",
      message: expect.stringContaining("not ended within 1s"),
    });
    expect(await engine.services.inspect(id)).toBeDefined();
  });
});

describe("removing a job", () => {
  test("removes its containers too, and is done when there is none", async () => {
    const name = sandbox.name("removed");
    await wait(await create("removed", "true"));
    await removeJob(engine, name);
    await removeJob(engine, name);
    expect(await engine.services.inspect(name)).toBeUndefined();
    const labels = [`com.docker.swarm.service.name=${name}`];
    expect(await engine.containers.list({ labels })).toEqual([]);
  });

  test("never removes a service that is none", async () => {
    await expect(removeJob(engine, sandbox.name("like"))).rejects.toMatchObject({ kind: "conflict" });
    expect(await engine.services.inspect(like)).toBeDefined();
  });
});
