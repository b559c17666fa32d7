// The gateway as a container in front of containers, as docs/install-docker.md has it, on a real engine.

import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { askEngine, callEngine } from "../support/docker/call-engine.ts";
import { type ChatImages, chatImages } from "../support/docker/chat-image.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { eventually } from "../support/eventually.ts";
import { KeepAliveClient } from "../support/keep-alive-client.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { expectNothingLost } from "../support/stored-keys.ts";

const CONFIG = `services: { chat: { upstreams: { blue: "http://app:8080" }, hold: { maxWait: 1m } } }\n`;
const MESSAGES = "/api/rooms/lobby/messages";
const PATIENCE_MS = 60_000;

const leftOut = whyLeftOut("docker");
let sandbox: Sandbox;
let images: ChatImages;
let network: string;
let configuration: string;

beforeAll(async () => {
  if (leftOut !== null) return;
  sandbox = openSandbox("gateway container");
  images = await chatImages(sandbox);
  network = (await sandbox.network("chat")).name;
  configuration = await mkdtemp(join(tmpdir(), "hg-"));
  await writeFile(join(configuration, "holdgate.yaml"), CONFIG);
  // The gateway is another user there.
  await chmod(configuration, 0o755);
}, 240_000);

afterAll(async () => {
  if (leftOut !== null) return;
  await sandbox.close();
  await rm(configuration, { recursive: true });
}, 60_000);

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

describe("the gateway in a container", { timeout: 120_000 }, () => {
  it("loses nothing while the app's container is exchanged under load", async () => {
    const data = await sandbox.volume("app-data");
    const old = await startApp("app-1", images.one, data);
    const { id, port } = await startGateway("gateway-1", await sandbox.volume("state-1"));
    const load = startSteadyLoad({ port, clients: 4, pauseMs: 20, looks: 5 });
    await load.goesOn(40);

    const held = await sandbox.exec(id, "holdgate", "hold", "--lease", "2m", "--wait");
    expect(held).toMatchObject({ exitCode: 0 });
    await askEngine("DELETE", `/containers/${old}?force=1`);
    await startApp("app-2", images.two, data);
    const released = await sandbox.exec(id, "holdgate", "release", "--wait");
    expect(released).toMatchObject({ exitCode: 0 });

    await load.goesOn(40);
    await expectNothingLost(load, port);
    const client = await openClient(port);
    expect((await client.request("GET", "/api/health")).body).toContain('"2.0.0"');
  });

  it("finishes what is in flight when it is stopped, and ends by itself", async () => {
    const app = await startApp("app-3", images.one, await sandbox.volume("app-data-3"));
    const { id, port } = await startGateway("gateway-3", await sandbox.volume("state-3"));
    const body = JSON.stringify({ author: "ada", text: "until the end" });
    const client = await openClient(port);
    const head = `POST ${MESSAGES} HTTP/1.1\r\nHost: chat.example.com\r\nContent-Length: ${body.length}\r\n\r\n`;
    client.send(head + body.slice(0, 10));
    await eventually(async () => expect(await inFlight(id)).toBe(1), PATIENCE_MS);

    const stopped = stop(id);
    await eventually(async () => expect(await sandbox.logs(id)).toContain("stopping"), PATIENCE_MS);
    client.send(body.slice(10));
    expect((await client.answer()).status).toBe(201);
    // 137 would be the engine's patience at its end.
    expect(await stopped).toBe(0);
    await askEngine("DELETE", `/containers/${app}?force=1`);
  });

  it("keeps its mode and its token for the container that comes after it", async () => {
    const state = await sandbox.volume("state-4");
    const first = await startGateway("gateway-4", state);
    const on = await sandbox.exec(first.id, "maintenance", "on");
    expect(on).toEqual({ exitCode: 0, output: "chat: in maintenance\n" });
    const token = (await sandbox.exec(first.id, "cat", "/data/admin.token")).output;
    expect(token.length).toBeGreaterThan(20);
    expect(await stop(first.id)).toBe(0);

    const second = await startGateway("gateway-5", state);
    const client = await openClient(second.port);
    expect((await client.request("GET", "/")).status).toBe(503);
    expect((await sandbox.exec(second.id, "cat", "/data/admin.token")).output).toBe(token);
    expect((await sandbox.exec(second.id, "maintenance", "off")).output).toBe("chat: open\n");
    await startApp("app-4", images.one, await sandbox.volume("app-data-4"));
    expect((await client.request("GET", "/api/health")).status).toBe(200);
  });
});

describe("the image of the gateway", { timeout: 120_000 }, () => {
  it("runs as a user who is not root and can write nothing but the state, and turns healthy", async () => {
    const { id } = await startGateway("gateway-6", await sandbox.volume("state-6"));
    expect((await sandbox.exec(id, "id", "-u")).output).toBe("1000\n");
    const paths = ["/data/x", "/opt/holdgate/x", "/etc/holdgate/x", "/run/holdgate/x"];
    const touched = paths.map(async (path) => (await sandbox.exec(id, "touch", path)).exitCode === 0);
    expect(await Promise.all(touched)).toEqual([true, false, false, false]);
    const { output } = await sandbox.exec(id, "holdgate", "check");
    expect(output).toContain("config/holdgate.yaml is valid: 1 service (chat)");
    await eventually(async () => {
      expect((await sandbox.inspect(id))?.State.Health?.Status).toBe("healthy");
    }, PATIENCE_MS);
  });

  it("is not well when the gateway in it has not started", async () => {
    const id = await sandbox.run("gateway-7", { image: images.gateway, entrypoint: ["sleep", "600"] });
    const { exitCode, output } = await sandbox.exec(id, "/opt/holdgate/bin/healthcheck");
    expect(exitCode).toBe(1);
    expect(output).toContain("/data/admin.sock");
  });

  it("holds no library that only the tests need, no declarations, and no Docker socket", async () => {
    const id = await sandbox.run("gateway-8", { image: images.gateway, entrypoint: ["sleep", "600"] });
    const { output } = await sandbox.exec(id, "find", "/opt/holdgate");
    const paths = output.split("\n");
    expect(paths).toContain("/opt/holdgate/node_modules/hono/package.json");
    const needless = /^\/opt\/holdgate\/(?:test|bench|node_modules\/vitest)$|\.d\.[cm]?ts$|\.map$/;
    expect(paths.filter((path) => needless.test(path))).toEqual([]);
    const { body } = await callEngine("GET", `/images/${images.gateway}/json`);
    expect(JSON.parse(body.toString()).Config.Volumes).toEqual({ "/data": {} });
  });
});

async function startApp(part: string, image: string, volume: string): Promise<string> {
  const networks = [{ network, aliases: ["app"] }];
  return sandbox.run(part, { image, networks, binds: [`${volume}:/data`] });
}

/** With a root file system that cannot be written, and no capability. Resolves when it answers. */
async function startGateway(part: string, volume: string): Promise<{ id: string; port: number }> {
  const id = await sandbox.run(part, {
    image: images.gateway,
    networks: [{ network }],
    binds: [`${volume}:/data`, `${configuration}:/etc/holdgate:ro`],
    ports: { "8080/tcp": 0 },
    hostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], SecurityOpt: ["no-new-privileges:true"] },
  });
  const ports = (await sandbox.inspect(id))?.NetworkSettings.Ports["8080/tcp"];
  const port = Number(ports?.[0]?.HostPort);
  await eventually(async () => {
    const { exitCode } = await sandbox.exec(id, "/opt/holdgate/bin/healthcheck");
    expect(exitCode).toBe(0);
  }, PATIENCE_MS);
  return { id, port };
}

/** What `docker stop` does; the exit code. */
async function stop(container: string): Promise<number | undefined> {
  await askEngine("POST", `/containers/${container}/stop?t=60`);
  return (await sandbox.inspect(container))?.State.ExitCode;
}

async function inFlight(container: string): Promise<number> {
  const { output } = await sandbox.exec(container, "holdgate", "status", "--json");
  return JSON.parse(output).services[0].inFlight;
}

async function openClient(port: number): Promise<KeepAliveClient> {
  const client = await KeepAliveClient.open(port);
  onTestFinished(() => client.leave());
  return client;
}
