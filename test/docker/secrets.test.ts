// What is secret travels in bodies and headers, never in a URL, which is logged by whatever is in between.

import { join } from "node:path";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine } from "../../src/docker/engine.ts";
import { EngineProxy } from "../support/docker/engine-proxy.ts";
import { busyboxImage } from "../support/docker/images.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("docker-secrets");
const SECRET = "pa55word-of-the-database";

afterAll(async () => {
  if (leftOut === null) await sandbox.close();
});

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

/** Fails quietly: what counts is what was sent. */
async function attempt(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "",
    (error: unknown) => String(error),
  );
}

async function openProxied(): Promise<{ proxy: EngineProxy; engine: Engine }> {
  const proxy = await EngineProxy.start(join(await temporaryDirectory(), "engine.sock"));
  const engine = connectEngine({ socketPath: proxy.socketPath });
  onTestFinished(() => {
    engine.close();
    proxy.close();
  });
  return { proxy, engine };
}

test("environments of containers and commands, and credentials, are in no URL and in no message", async () => {
  const { proxy, engine } = await openProxied();
  const image = (await busyboxImage()).ref;
  const Env = [`PASSWORD=${SECRET}`];
  const auth = { username: "robot", password: SECRET };
  const body = { Image: image, Cmd: ["sleep", "1000"], Env, Labels: sandbox.labels };
  const id = await engine.containers.create({ name: sandbox.name("app"), body });
  await engine.containers.start(id);
  await engine.exec.create(id, { command: ["sh", "-c", `echo ${SECRET}`], env: Env });
  const spec = { Name: "hgt-nothing", TaskTemplate: { ContainerSpec: { Image: "no image", Env } } };
  const messages = await Promise.all([
    attempt(engine.images.pull("127.0.0.1:1/chat:1", { auth })),
    attempt(engine.images.distribution("127.0.0.1:1/chat:1", auth)),
    attempt(engine.services.create(spec, auth)),
    attempt(engine.services.update("hgt-nothing", 1, spec, auth)),
    attempt(engine.containers.create({ name: sandbox.name("app"), body })),
  ]);
  expect(proxy.calls.filter(({ body }) => body.includes(SECRET)).length).toBeGreaterThanOrEqual(3);
  const paths = decodeURIComponent(proxy.calls.map(({ path }) => path).join("\n"));
  expect(paths).not.toContain(SECRET);
  expect(paths).not.toMatch(/Env|Cmd|password|auth/i);
  expect(messages.every((message) => message !== "" && !message.includes(SECRET))).toBe(true);
});
