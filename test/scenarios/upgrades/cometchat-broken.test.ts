// New versions of CometChat that Swarm itself finds broken, and takes back: in the one service where they broke. The run
// notices, and gives the services before it their specs of before too. Swarm could not: after a rollback of its own it
// knows no earlier spec of that service.

import { expect, test } from "vitest";
import { expectRolledBack } from "../../support/upgrade/stages/cometchat-rollback.ts";
import { playCometChat } from "../../support/upgrade/stages/cometchat-scene.ts";

const openScene = playCometChat();
const PATIENCE = { timeout: 180_000 };

test("a new version that exits in the third service is taken back in all of them", PATIENCE, async () => {
  const env = { notifications: { CRASH: "1" } };
  const message = await expectRolledBack(await openScene(), { version: "4.1.1", env });
  expect(message).toMatch(/cometchat_notifications was rolled back by Swarm: .*non-zero exit \(1\)/);
});

test("a new version that never listens is taken back in the first service", PATIENCE, async () => {
  const env = { "chat-api": { BOOT_MS: "600000" } };
  const message = await expectRolledBack(await openScene(), { version: "4.1.2", env });
  expect(message).toMatch(/cometchat_chat-api was rolled back by Swarm: .*did not become healthy/);
});
