// An upgrade of CometChat that comes to nothing, for each thing that can be wrong with a new version.

import { expect } from "vitest";
import { accountOf, expectUntouched, lookAtSpecs, migrationsOf, NOTHING_AMISS } from "./cometchat-looks.ts";
import { type CometChatScene, stopTraffic, type UpgradeOrder, upgradeTo } from "./cometchat-scene.ts";

/** All services have their specs of before, whole, and no user has noticed. What the run says. */
export async function expectRolledBack(scene: CometChatScene, order: UpgradeOrder): Promise<string> {
  const before = await lookAtSpecs();
  const end = await upgradeTo(scene, order);
  expect(end).toMatchObject({ code: 10, stderr: "", state: "rolled_back" });
  await stopTraffic(scene);

  expect([...scene.traffic.failed, ...scene.others.failed]).toEqual([]);
  expect(await accountOf(scene)).toEqual([NOTHING_AMISS, NOTHING_AMISS]);
  // It adds to the schema only, so the old version works with what it has left.
  expect(await migrationsOf(scene)).toHaveLength(1);
  await expectUntouched(scene, before);
  return end.message;
}
