// docs/install-docker.md as it stands, on a real engine: every command, and an app that is upgraded under load.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { askEngine, filters } from "../support/docker/call-engine.ts";
import { type ChatImages, chatImages } from "../support/docker/chat-image.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { DocumentedShell } from "../support/docs/documented-shell.ts";
import { readCommands } from "../support/docs/read-commands.ts";
import { KeepAliveClient } from "../support/keep-alive-client.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { expectNothingLost } from "../support/stored-keys.ts";

const PAGE = "install-docker.md";
const leftOut = whyLeftOut("docker") ?? whyLeftOut("compose");
let sandbox: Sandbox;
let images: ChatImages;

beforeAll(async () => {
  if (leftOut !== null) return;
  sandbox = openSandbox("documented compose");
  images = await chatImages(sandbox);
}, 240_000);

afterAll(async () => {
  if (leftOut === null) await sandbox.close();
}, 120_000);

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

describe("docs/install-docker.md", { timeout: 240_000 }, () => {
  it("with Compose: starts, and upgrades to and fro without losing anything", async () => {
    const [start, look, upgrade, page, back, remove] = await readCommands(PAGE, "With Compose", 6);
    const shell = await openShell();
    expect(await shell.run(start)).toContain('"version":"1.0.0"');
    expect(await shell.run(look)).toContain("is valid: 1 service (chat)");
    const load = startSteadyLoad({ port: shell.port, clients: 4, pauseMs: 50, looks: 5 });
    await load.goesOn(20);
    expect(await shell.run(upgrade)).toContain('"version":"2.0.0"');
    await load.goesOn(20);
    await shell.run(back);
    await load.goesOn(20);
    await expectNothingLost(load, shell.port);
    expect(await versionAt(shell.port)).toBe("1.0.0");
    expect(await shell.run(page)).toContain("chat: in maintenance");
    await shell.run(remove);
    expect(await mountsOf("gateway")).toEqual([]);
  });

  it("with the runner: a plan upgrades the app, and only the runner has the engine's socket", async () => {
    const [start, upgrade, tell, remove] = await readCommands(PAGE, "With the runner", 4);
    const shell = await openShell();
    expect(await shell.run(start)).toContain('"version":"1.0.0"');
    const load = startSteadyLoad({ port: shell.port, clients: 4, pauseMs: 50, looks: 5 });
    await load.goesOn(20);
    expect(await mountsOf("gateway")).toEqual(["/data", "/etc/holdgate", "/run/holdgate"]);
    await shell.run(upgrade);
    await load.goesOn(20);
    await expectNothingLost(load, shell.port);
    expect(await shell.run(tell)).toContain('"version":"2.0.0"');
    await shell.run(remove);
  });

  it("with docker run: starts, upgrades, and the gateway's own container may be another one", async () => {
    const [start, upgrade, page, renew, remove] = await readCommands(PAGE, "With docker run", 5);
    const shell = await openShell();
    expect(await shell.run(start)).toContain('"version":"1.0.0"');
    const load = startSteadyLoad({ port: shell.port, clients: 4, pauseMs: 50, looks: 5 });
    await load.goesOn(20);
    expect(await shell.run(upgrade)).toContain('"version":"2.0.0"');
    await load.goesOn(20);
    await expectNothingLost(load, shell.port);
    await shell.run(page);
    expect(await shell.run(renew)).toContain('"version":"2.0.0"');
    await shell.run(remove);
  });
});

function openShell(): Promise<DocumentedShell> {
  return DocumentedShell.open({ sandbox, gatewayImage: images.gateway });
}

/** Of the container of one Compose service: where something is mounted. */
async function mountsOf(service: string): Promise<string[]> {
  const project = `com.docker.compose.project=${sandbox.name("parlour")}`;
  const query = filters({ label: [project, `com.docker.compose.service=${service}`] });
  const found = await askEngine<{ Mounts: { Destination: string }[] }[]>("GET", `/containers/json?${query}`);
  return found.flatMap(({ Mounts }) => Mounts.map(({ Destination }) => Destination)).toSorted();
}

async function versionAt(port: number): Promise<string> {
  const client = await KeepAliveClient.open(port);
  const { body } = await client.request("GET", "/api/health");
  client.leave();
  return JSON.parse(body).version;
}
