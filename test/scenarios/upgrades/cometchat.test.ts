// CometChat is upgraded under load, service by service: each has its new tasks before its old ones go, and users notice
// nothing but that their WebSockets come back.
//
// What the plan guarantees is the order: one task at a time, the new one running before the old one is told to go, the
// next service when all tasks of this one run. That no request fails takes three more, which are the stack's: Swarm takes
// a task out of the name of its service two seconds before it tells it to end; the edge looks the name up every second
// and asks another task when one cannot be reached; the app ends what it is doing on SIGTERM.

import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { type ChatSocket, endsByCode } from "../../support/upgrade/chat-socket.ts";
import {
  accountOf,
  expectAllOn,
  lookAtSpecs,
  migrationsOf,
  NOTHING_AMISS,
  readRunFiles,
  updatedSpec,
} from "../../support/upgrade/stages/cometchat-looks.ts";
import {
  type CometChatScene,
  playCometChat,
  SOCKETS,
  stopTraffic,
  upgradeTo,
} from "../../support/upgrade/stages/cometchat-scene.ts";
import {
  API_TOKEN,
  OLD_VERSION,
  SERVICES,
  type ServiceSpec,
} from "../../support/upgrade/stages/cometchat.ts";

const NEW_VERSION = "4.1.0";
const openScene = playCometChat();

test(
  "four services get their new version one after the other, and no request fails",
  { timeout: 180_000 },
  async () => {
    const scene = await openScene();
    const { traffic, others } = scene;
    const before = await lookAtSpecs();
    const end = await upgradeTo(scene, { version: NEW_VERSION });
    expect(end).toMatchObject({ code: 0, stderr: "", state: "kept" });
    await everybodyIsBack(scene);

    expect([...traffic.failed, ...others.failed]).toEqual([]);
    expect(await accountOf(scene)).toEqual([NOTHING_AMISS, NOTHING_AMISS]);
    expect(new Set(traffic.versions)).toEqual(new Set([OLD_VERSION, NEW_VERSION]));
    expect(Math.max(traffic.longestHoldMs, others.longestHoldMs)).toBe(0);
    expect(await migrationsOf(scene)).toHaveLength(1);
    await expectAllOn(scene, NEW_VERSION);
    expectSpecs(await lookAtSpecs(), before);
    await expectInVault(scene, end.run, before);
    expectOrderlyReturn(traffic.sockets);
  },
);

async function everybodyIsBack(scene: CometChatScene): Promise<void> {
  const { sockets } = scene.traffic;
  await eventually(() => expect(sockets.filter(({ isOnline }) => !isOnline)).toEqual([]));
  await stopTraffic(scene);
}

/** Those of the plan with nothing else changed; the others as they were; no job left. */
function expectSpecs(now: Record<string, ServiceSpec>, before: Record<string, ServiceSpec>): void {
  const updated = SERVICES.map((name) => {
    const spec = before[`cometchat_${name}`];
    return [`cometchat_${name}`, spec && updatedSpec(spec, name, NEW_VERSION)];
  });
  expect(now).toEqual({ ...before, ...Object.fromEntries(updated) });
}

/** Whole, and nowhere else: an environment holds secrets. */
async function expectInVault(
  scene: CometChatScene,
  run: string,
  before: Record<string, ServiceSpec>,
): Promise<void> {
  const { vault, vaultMode, journal } = await readRunFiles(scene, run);
  expect(Object.values(vault).toSorted((one, other) => one.Name.localeCompare(other.Name))).toEqual(
    SERVICES.map((name) => before[`cometchat_${name}`]),
  );
  expect(vaultMode).toBe("600");
  expect(JSON.stringify(vault)).toContain(API_TOKEN);
  expect(journal).not.toContain(API_TOKEN);
}

/** Each task of before took its WebSockets with it; some came back to the other one of before, and so came twice. */
function expectOrderlyReturn(sockets: readonly ChatSocket[]): void {
  const codes = endsByCode(sockets);
  expect(Object.keys(codes)).toEqual(["1012"]);
  expect(codes[1012]).toBeGreaterThanOrEqual(SOCKETS);
  expect(codes[1012]).toBeLessThanOrEqual(2 * SOCKETS);
  expect(sockets.filter(({ greetings }) => greetings.at(-1) !== NEW_VERSION)).toEqual([]);
  expect([...new Set(sockets.flatMap(({ handshakes }) => handshakes))]).toEqual([101]);
}
