// docs/install-swarm.md as it stands, on a real Swarm of one node: every command, and an app that is upgraded under load.

import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type ChatImages, chatImages } from "../support/docker/chat-image.ts";
import { openSandbox, type Sandbox } from "../support/docker/sandbox.ts";
import { DocumentedShell } from "../support/docs/documented-shell.ts";
import { readCommands } from "../support/docs/read-commands.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { startSteadyLoad } from "../support/steady-load.ts";
import { expectNothingLost } from "../support/stored-keys.ts";

const PAGE = "install-swarm.md";
const leftOut = whyLeftOut("swarm");
let sandbox: Sandbox;
let images: ChatImages;

beforeAll(async () => {
  if (leftOut !== null) return;
  sandbox = openSandbox("documented swarm");
  images = await chatImages(sandbox);
}, 240_000);

afterAll(async () => {
  if (leftOut === null) await sandbox.close();
}, 120_000);

beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

it("docs/install-swarm.md: the stack starts, is upgraded without losing anything, and goes", async () => {
  const [start] = await readCommands(PAGE, "Start", 1);
  const [upgrade] = await readCommands(PAGE, "Upgrade", 1);
  const [maintenance] = await readCommands(PAGE, "Maintenance", 1);
  const [remove] = await readCommands(PAGE, "Remove", 1);
  const shell = await DocumentedShell.open({ sandbox, gatewayImage: images.gateway });
  expect(await shell.run(start)).toContain('"version":"1.0.0"');
  const load = startSteadyLoad({ port: shell.port, clients: 4, pauseMs: 50, looks: 5 });
  await load.goesOn(20);
  expect(await shell.run(upgrade)).toContain('"version":"2.0.0"');
  await load.goesOn(20);
  await expectNothingLost(load, shell.port);
  expect(await shell.run(maintenance)).toContain("chat: in maintenance\nchat: open\n");
  await shell.run(remove);
}, 240_000);
