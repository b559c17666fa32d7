// What ends an upgrade of CometChat before anything is touched, and an update that cannot ever come to an end.

import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import {
  accountOf,
  expectUntouched,
  lookAtIndexes,
  lookAtSpecs,
  lookAtTasks,
  migrationsOf,
  NOTHING_AMISS,
} from "../../support/upgrade/stages/cometchat-looks.ts";
import {
  type CometChatScene,
  playCometChat,
  stopTraffic,
  type UpgradeOrder,
  upgradeTo,
} from "../../support/upgrade/stages/cometchat-scene.ts";
import { changeService, inspectService } from "../../support/upgrade/stages/cometchat.ts";

const openScene = playCometChat();
const PATIENCE = { timeout: 180_000 };
const SECOND_NS = 1_000_000_000;

test("nothing is touched without all images, nor while a service is not at rest", PATIENCE, async () => {
  const scene = await openScene();
  const missing = await expectRefusal(scene, { version: "4.1.5", missing: "mgmt-api" });
  expect(missing).toMatch(/mgmt-api:4\.1\.5.*(manifest unknown|not found)/);

  await pauseAnUpdate("mgmt-api");
  await holdAnUpdateOpen("chat-api");
  const restless = await expectRefusal(scene, { version: "4.1.6" });
  expect(restless).toMatch(/cometchat_mgmt-api is paused/);
  expect(restless).toMatch(/cometchat_chat-api is being updated/);
  await stopTraffic(scene);
  expect([...scene.traffic.failed, ...scene.others.failed]).toEqual([]);
  expect(await migrationsOf(scene)).toEqual([]);
});

/** What the run says. */
async function expectRefusal(scene: CometChatScene, order: UpgradeOrder): Promise<string> {
  const before = { indexes: await lookAtIndexes(), tasks: await lookAtTasks() };
  const end = await upgradeTo(scene, order);
  expect(end).toMatchObject({ code: 10, stderr: "", state: "rolled_back" });
  expect({ indexes: await lookAtIndexes(), tasks: await lookAtTasks() }).toEqual(before);
  return end.message;
}

/** To an image that nobody has, with Swarm's own failure action. */
async function pauseAnUpdate(name: string): Promise<void> {
  await changeService(name, (spec) => {
    const { ContainerSpec } = spec.TaskTemplate;
    const broken = { ...ContainerSpec, Image: "holdgate-test/nowhere:1" };
    return { ...spec, TaskTemplate: { ...spec.TaskTemplate, ContainerSpec: broken } };
  });
  await eventually(
    async () => expect((await inspectService(name)).UpdateStatus?.State).toBe("paused"),
    30_000,
  );
}

/** All tasks run, the first one anew, and Swarm waits before it takes the second. */
async function holdAnUpdateOpen(name: string): Promise<void> {
  const started = new Set((await lookAtTasks())[name]);
  await changeService(name, (spec) => ({
    ...spec,
    TaskTemplate: { ...spec.TaskTemplate, ForceUpdate: 1 },
    UpdateConfig: { ...spec.UpdateConfig, Delay: 600 * SECOND_NS },
  }));
  await eventually(async () => {
    const tasks = (await lookAtTasks())[name] ?? [];
    expect(tasks.filter((id) => !started.has(id))).toHaveLength(1);
    expect(tasks).toHaveLength(2);
  }, 30_000);
}

test(
  "an update that waits for a port which its own old task has is given up, and said so",
  PATIENCE,
  async () => {
    const scene = await openScene({ hostPort: "mgmt-api" });
    const before = await lookAtSpecs();
    const end = await upgradeTo(scene, { version: "4.1.7" });
    expect(end).toMatchObject({ code: 10, stderr: "", state: "rolled_back" });
    expect(end.message).toMatch(
      /cometchat_mgmt-api did not get there: .*host-mode port.*use order: stop-first/,
    );
    await stopTraffic(scene);
    expect([...scene.traffic.failed, ...scene.others.failed]).toEqual([]);
    expect(await accountOf(scene)).toEqual([NOTHING_AMISS, NOTHING_AMISS]);
    await expectUntouched(scene, before);
  },
);
