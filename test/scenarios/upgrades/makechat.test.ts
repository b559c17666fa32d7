// makechat is upgraded under load, with the gateway in a container from the Dockerfile: both of its containers are
// replaced in place, with their addresses, their volumes and the configuration that was edited in one of them, behind a
// maintenance page that does not go with the web container.

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { removeFromEngine } from "../../support/docker/call-engine.ts";
import { gatewayImage } from "../../support/docker/gateway-image.ts";
import { TestRegistry } from "../../support/docker/registry.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import {
  belongingsOf,
  containersOf,
  expectMessagesIntact,
  expectOnlyMaintenance,
  idsInBackup,
  settle,
  storedUntil,
} from "../../support/upgrade/stages/makechat-looks.ts";
import { GATEWAY, gatewayIn, openScene, upgradeTo } from "../../support/upgrade/stages/makechat-scene.ts";
import {
  ADDRESSES,
  APP,
  CONFIG_FILE,
  MONGO,
  OLD_VERSION,
  startWeb,
  WEB,
  WEB_CACHE,
} from "../../support/upgrade/stages/makechat.ts";

const leftOut = whyLeftOut("docker");
let registry: TestRegistry;
let image = "";

beforeAll(async () => {
  if (leftOut !== null) return;
  registry = await TestRegistry.start();
  image = await gatewayImage();
}, 240_000);
afterAll(() => registry?.close());
beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

const PATIENCE = { timeout: 120_000 };
const inContainer = gatewayIn(() => image);

test(
  "a good version takes over behind one page, with all that the old containers had",
  PATIENCE,
  async () => {
    const scene = await openScene(registry, inContainer);
    const { programs, browsers } = scene;
    const { sandbox } = scene.stage;
    const before = { app: await belongingsOf(scene, APP), web: await belongingsOf(scene, WEB) };
    const config = (await sandbox.exec(APP, "cat", CONFIG_FILE)).output;
    const ids = { app: (await sandbox.inspect(APP))?.Id, web: (await sandbox.inspect(WEB))?.Id };

    const { code, lines, stderr } = await upgradeTo(scene, { version: "0.1.26" });
    expect({ code, stderr, end: lines.at(-1) }).toMatchObject({
      code: 0,
      stderr: "",
      end: { state: "kept" },
    });
    await settle(scene);
    const run = String(lines.at(-1)?.["run"]);

    const page = expectOnlyMaintenance(scene);
    expect(page).not.toBeNull();
    expect(programs.versions).toEqual([OLD_VERSION, "0.1.26"]);
    await expectMessagesIntact(scene);
    const stored = [programs, browsers].flatMap((traffic) => storedUntil(traffic, page?.from ?? 0));
    expect((await idsInBackup(scene, run)).toSorted()).toEqual(stored.toSorted());

    expect(before).toMatchObject({ app: { address: ADDRESSES.app }, web: { address: ADDRESSES.web } });
    expect({ app: await belongingsOf(scene, APP), web: await belongingsOf(scene, WEB) }).toEqual(before);
    expect((await sandbox.exec(APP, "cat", CONFIG_FILE)).output).toBe(config);
    expect((await sandbox.exec(WEB, "cat", `${WEB_CACHE}/cache`)).output).toBe("warm\n");
    const old = { app: `${APP}.holdgate-old-${run}`, web: `${WEB}.holdgate-old-${run}` };
    expect(await containersOf(scene)).toEqual([APP, MONGO, WEB, old.app, old.web].toSorted());
    expect(await sandbox.inspect(old.app)).toMatchObject({ Id: ids.app, State: { Status: "exited" } });
    expect(await sandbox.inspect(old.web)).toMatchObject({ Id: ids.web, State: { Status: "exited" } });

    const next = await upgradeTo(scene, { version: "0.1.27" });
    expect(next.code).toBe(0);
    const kept = String(next.lines.at(-1)?.["run"]);
    const names = [APP, MONGO, WEB, `${APP}.holdgate-old-${kept}`, `${WEB}.holdgate-old-${kept}`];
    expect(await containersOf(scene)).toEqual(names.toSorted());
    expect((await sandbox.exec(WEB, "cat", `${WEB_CACHE}/cache`)).output).toBe("warm\n");
  },
);

test(
  "maintenance by hand outlives a web container that is made anew, as the manual does it",
  PATIENCE,
  async () => {
    const scene = await openScene(registry, inContainer);
    const { programs, stage } = scene;
    const { sandbox } = stage;
    const gateway = sandbox.name(GATEWAY);
    const on = await sandbox.exec(gateway, "maintenance", "on");
    expect(on).toEqual({ exitCode: 0, output: "chat: in maintenance\n" });
    await programs.goesOn(10);
    await removeFromEngine(`/containers/${WEB}?force=1&v=1`);
    await programs.goesOn(10);
    await startWeb(stage);
    await programs.goesOn(10);
    const off = await sandbox.exec(gateway, "maintenance", "off");
    expect(off).toEqual({ exitCode: 0, output: "chat: open\n" });
    await settle(scene);

    expect(expectOnlyMaintenance(scene)).not.toBeNull();
    expect(programs.sent.at(-1)?.status).toBeLessThan(300);
    await expectMessagesIntact(scene);
  },
);
