// The proxy that spoils calls to the engine does to each what it says, and nothing to the others.

import { request } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { once } from "node:events";
import { afterAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import { EngineProxy, everyNth, onlyNth } from "../support/docker/engine-proxy.ts";
import { openSandbox } from "../support/docker/sandbox.ts";
import { busyboxImage } from "../support/docker/images.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { PassThrough } from "node:stream";

const leftOut = whyLeftOut("docker");
const sandbox = openSandbox("engine-proxy");

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));
afterAll(async () => {
  if (leftOut === null) await sandbox.close();
});

async function startProxy(): Promise<EngineProxy> {
  const proxy = await EngineProxy.start(join(await temporaryDirectory(), "engine.sock"));
  onTestFinished(() => proxy.close());
  return proxy;
}

async function call(proxy: EngineProxy, method: string, path: string, body?: object): Promise<number> {
  const headers = { "Content-Type": "application/json" };
  const outgoing = request({ socketPath: proxy.socketPath, method, path, headers, agent: false });
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = await once(outgoing, "response");
  await text(answer);
  return answer.statusCode;
}

function createVolume(proxy: EngineProxy, part: string): Promise<number> {
  return call(proxy, "POST", "/v1.41/volumes/create", { Name: sandbox.name(part), Labels: sandbox.labels });
}

function lookAt(proxy: EngineProxy, part: string): Promise<number> {
  return call(proxy, "GET", `/volumes/${sandbox.name(part)}`);
}

test("each call is recorded with its body and the engine's answer", async () => {
  const proxy = await startProxy();
  expect(await createVolume(proxy, "recorded")).toBe(201);
  await lookAt(proxy, "recorded");
  expect(proxy.calls).toHaveLength(2);
  expect(proxy.writes).toMatchObject([{ number: 1, path: "/volumes/create", status: 201, fault: null }]);
  expect(JSON.parse(proxy.writes[0]?.body ?? "")).toMatchObject({ Name: sandbox.name("recorded") });
});

test("a refused call and one that is answered 500 never reach the engine", async () => {
  const proxy = await startProxy();
  proxy.rule = onlyNth(1, () => ({ kind: "refuse" }));
  await expect(createVolume(proxy, "spoiled")).rejects.toMatchObject({ code: "ECONNRESET" });
  proxy.rule = onlyNth(1, () => ({ kind: "error" }));
  expect(await createVolume(proxy, "spoiled")).toBe(500);
  expect(await lookAt(proxy, "spoiled")).toBe(404);
});

test("a call whose answer is lost has been carried out", async () => {
  const proxy = await startProxy();
  proxy.rule = onlyNth(1, () => ({ kind: "lose-answer" }));
  await expect(createVolume(proxy, "lost")).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(await lookAt(proxy, "lost")).toBe(200);
});

test("a delayed call is carried out when it may be", async () => {
  const proxy = await startProxy();
  const gate = Promise.withResolvers<void>();
  proxy.rule = onlyNth(1, () => ({ kind: "wait", until: gate.promise }));
  const creating = createVolume(proxy, "late");
  await expect.poll(() => proxy.calls.length).toBe(1);
  expect(await lookAt(proxy, "late")).toBe(404);
  gate.resolve();
  expect(await creating).toBe(201);
});

test("every third of the writes is spoiled, and no read", async () => {
  const proxy = await startProxy();
  proxy.rule = everyNth(
    3,
    () => ({ kind: "error" }),
    ({ writes }) => writes,
  );
  const statuses: number[] = [];
  for (const part of ["a", "b", "c", "d", "e", "f"]) {
    statuses.push(await createVolume(proxy, part));
    await lookAt(proxy, part);
  }
  expect(statuses).toEqual([201, 201, 500, 201, 201, 500]);
});

test("an exec passes through with what goes in and comes out", async () => {
  const proxy = await startProxy();
  const engine = connectEngine({ socketPath: proxy.socketPath });
  onTestFinished(() => engine.close());
  const { ref } = await busyboxImage();
  const container = await sandbox.run("exec", { image: ref, command: ["sleep", "60"] });
  const id = await engine.exec.create(container, { command: ["tr", "a-z", "A-Z"], stdin: true });
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  stdin.end("hello");
  await Promise.all([engine.exec.start(id, { stdin, stdout }), expect(text(stdout)).resolves.toBe("HELLO")]);
  expect((await engine.exec.inspect(id))?.exitCode).toBe(0);
  expect(proxy.calls.find(({ path }) => path.startsWith(`/exec/${id}/start`))?.status).toBe(101);
});
