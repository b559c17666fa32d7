// The image that the Dockerfile makes, on a real engine.

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askEngine, callEngine } from "../support/docker/call-engine.ts";
import { gatewayImage } from "../support/docker/gateway-image.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { eventually } from "../support/eventually.ts";
import { whyLeftOut } from "../support/requirements.ts";

describe.skipIf(whyLeftOut("docker") !== null)("the image of the gateway", { timeout: 60_000 }, () => {
  let sandbox: Sandbox;
  let image: string;

  beforeAll(async () => {
    sandbox = openSandbox("gateway image");
    image = await gatewayImage(`${sandbox.name("gateway")}:latest`);
  }, 120_000);

  afterAll(() => sandbox.close());

  async function start(part: string, volumePart = part): Promise<string> {
    const volume = await sandbox.volume(volumePart);
    // Read-only, as the careful run it: what it must write goes into its volume.
    return sandbox.run(part, { image, binds: [`${volume}:/data`], hostConfig: { ReadonlyRootfs: true } });
  }

  async function publicStatus(container: string): Promise<number> {
    const code =
      'fetch("http://127.0.0.1:8080/").then(({ status }) => console.log(status), () => console.log(0))';
    return Number((await sandbox.exec(container, "node", "-e", code)).output);
  }

  it("has the command that operators type for a maintenance page, and keeps it over a new container", async () => {
    const first = await start("first");
    await eventually(async () => expect((await sandbox.exec(first, "holdgate", "status")).exitCode).toBe(0));
    const on = await sandbox.exec(first, "maintenance", "on");
    expect(on).toEqual({ exitCode: 0, output: "chat: in maintenance\n" });
    expect(await publicStatus(first)).toBe(503);
    await askEngine("POST", `/containers/${first}/stop?t=20`);

    const second = await start("second", "first");
    await eventually(async () => expect(await publicStatus(second)).toBe(503));
    expect((await sandbox.exec(second, "maintenance", "off")).output).toBe("chat: open\n");
  });

  it("runs as a user who is not root, and stops at once when it is told to", async () => {
    const container = await start("third");
    await eventually(async () =>
      expect((await sandbox.exec(container, "holdgate", "status")).exitCode).toBe(0),
    );
    expect((await sandbox.exec(container, "id", "-u")).output).toBe("1000\n");
    await askEngine("POST", `/containers/${container}/stop?t=20`);
    const inspected = await sandbox.inspect(container);
    // 137 would be the engine's patience at its end.
    expect(inspected?.State.ExitCode).toBe(0);
  });

  it("holds no library that only the tests need, and no Docker socket", async () => {
    const container = await start("fourth");
    const { output } = await sandbox.exec(container, "ls", "/opt/holdgate", "/opt/holdgate/node_modules");
    expect(output.split("\n")).not.toContain("test");
    expect(output.split("\n")).not.toContain("vitest");
    const { body } = await callEngine("GET", `/images/${image}/json`);
    expect(JSON.parse(body.toString()).Config.Volumes).toEqual({ "/data": {} });
  });
});
