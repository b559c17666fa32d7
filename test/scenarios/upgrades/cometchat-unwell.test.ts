// A new version of CometChat that runs in all its services, which is all that Swarm looks at, and is not well: its health
// URLs are asked when all are updated, and all go back.

import { expect, test } from "vitest";
import { endsByCode } from "../../support/upgrade/chat-socket.ts";
import { expectRolledBack } from "../../support/upgrade/stages/cometchat-rollback.ts";
import { playCometChat } from "../../support/upgrade/stages/cometchat-scene.ts";
import { OLD_VERSION } from "../../support/upgrade/stages/cometchat.ts";

const openScene = playCometChat();

test(
  "a new version that says it is not well is taken back in all services",
  { timeout: 240_000 },
  async () => {
    const scene = await openScene();
    const env = { notifications: { HEALTH: "degraded" } };
    const message = await expectRolledBack(scene, { version: "4.1.3", env, vars: { patience: "3s" } });
    expect(message).toMatch(/\/notifications\/health-check.*503/);
    const { sockets, versions } = scene.traffic;
    expect([...new Set(versions)]).toEqual([OLD_VERSION, "4.1.3"]);
    expect(Object.keys(endsByCode(sockets))).toEqual(["1012"]);
    expect(sockets.filter(({ greetings }) => greetings.at(-1) !== OLD_VERSION)).toEqual([]);
  },
);
