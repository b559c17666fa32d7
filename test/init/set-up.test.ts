// `holdgate init` on a real engine: what it finds, and what it writes.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/parse-config.ts";
import { connectEngine } from "../../src/docker/connect-engine.ts";
import type { Engine } from "../../src/docker/engine.ts";
import { setUp } from "../../src/init/set-up.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { whyLeftOut } from "../support/requirements.ts";

const RUNS_FOR_EVER = ["sleep", "3600"];

describe.skipIf(whyLeftOut("docker") !== null)("an app that runs on this engine", { timeout: 30_000 }, () => {
  let sandbox: Sandbox;
  let engine: Engine;

  beforeAll(async () => {
    sandbox = openSandbox("init");
    engine = connectEngine();
    await startApps(sandbox);
  }, 60_000);

  afterAll(async () => {
    engine.close();
    await sandbox.close();
  });

  const look = (name: string, port?: number) => setUp(engine, { name, port });

  async function ready(name: string, port?: number) {
    const found = await look(name, port);
    if (found.kind !== "ready") throw new Error(`${name} is ${found.kind}`);
    return found;
  }

  it("is listed, and its database is not", async () => {
    const found = await setUp(engine, { name: undefined, port: undefined });
    const apps = found.kind === "candidates" ? found.apps.map(({ name }) => name) : [];
    expect(apps).toContain(`${sandbox.prefix}-web`);
    expect(apps).toContain(sandbox.name("plain"));
    expect(apps).not.toContain(sandbox.name("db"));
  });

  it("by its Compose service: the plan names project and service, and dumps the database beside it", async () => {
    const { plan, app } = await ready(`${sandbox.prefix}-web`);
    expect(app.found).toMatchObject({ kind: "compose", project: sandbox.prefix });
    expect(plan).toContain(
      `app: { compose: { project: ${sandbox.prefix}, service: ${sandbox.prefix}-web }, port: 8080 }`,
    );
    expect(plan).toContain("command: [pg_dump, -Fc, -U, chat, -d, chatdb]");
    expect(plan).toContain("http: /api/health, target: app");
    expect(plan).toContain("The image was built on this machine");
  });

  it("with a published port: the gateway takes that port, and the app one of this machine only", async () => {
    const { front, config } = await ready(sandbox.name("plain"));
    const published = front.listen.split(":")[1];
    expect(front.listen).toMatch(/^0\.0\.0\.0:\d+$/);
    expect(front.url).toBe("http://127.0.0.1:3000");
    expect(front.steps.join("\n")).toContain(`instead of -p ${published}:80`);
    const [service] = parseConfig(config, "holdgate.yaml", {}).services;
    expect(Object.keys(service?.upstreams ?? {})).toEqual(["main"]);
  });

  it("with a fixed address and no published port: that address is the upstream", async () => {
    const { front } = await ready(sandbox.name("fixed"), 8000);
    expect(front.url).toMatch(/^http:\/\/10\.\d+\.\d+\.77:8000$/);
  });

  it("with an address that may change: it is to be found by name", async () => {
    const { front } = await ready(sandbox.name("loose"), 8000);
    expect(front.url).toBe(`http://${sandbox.name("loose")}:8000`);
    expect(front.steps.join("\n")).toContain("--network");
  });

  it("that does not say where it listens is asked about", async () => {
    expect(await look(sandbox.name("loose"))).toMatchObject({ kind: "no-port" });
  });

  it("that is not there is answered with what there is", async () => {
    expect(await look("no-such-app")).toMatchObject({ kind: "not-found", name: "no-such-app" });
  });
});

async function startApps(sandbox: Sandbox): Promise<void> {
  const network = await sandbox.network("net");
  const image = (await sandbox.image("app", { base: "busybox", tag: "1.0", files: {}, config: {} })).ref;
  const postgres = await sandbox.image("x/postgres", { base: "busybox", tag: "17", files: {}, config: {} });
  const compose = { "com.docker.compose.project": sandbox.prefix };
  const command = RUNS_FOR_EVER;
  const networks = [{ network: network.name }];
  await sandbox.run("db", {
    image: postgres.ref,
    command,
    networks,
    env: { POSTGRES_USER: "chat", POSTGRES_DB: "chatdb", POSTGRES_PASSWORD: "hunter2hunter2" },
    labels: { ...compose, "com.docker.compose.service": "db" },
  });
  await sandbox.run("web-1", {
    image,
    command,
    networks,
    labels: { ...compose, "com.docker.compose.service": `${sandbox.prefix}-web` },
    config: {
      ExposedPorts: { "8080/tcp": {} },
      Healthcheck: { Test: ["CMD-SHELL", "curl -f http://localhost:8080/api/health || exit 1"] },
    },
  });
  const published = { HostIp: "", HostPort: String(20_000 + (process.pid % 10_000)) };
  await sandbox.run("plain", { image, command, hostConfig: { PortBindings: { "80/tcp": [published] } } });
  await sandbox.run("fixed", {
    image,
    command,
    networks: [{ network: network.name, address: network.address(77) }],
  });
  await sandbox.run("loose", { image, command, networks });
}
