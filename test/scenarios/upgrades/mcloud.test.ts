// mcloud under load: the tenant that stands still gets the new version and the data, is looked at on the test host, and
// takes over in a hold of seconds, in which every message comes along; and back again the same way.

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { TestRegistry } from "../../support/docker/registry.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { endsByCode } from "../../support/upgrade/chat-socket.ts";
import {
  accountsOf,
  doneTo,
  everybodyIsBack,
  expectUntouched,
  leftOf,
  lookAt,
  ordersOf,
  statesOf,
  storedBy,
  versionAtTestHost,
} from "../../support/upgrade/stages/mcloud-looks.ts";
import {
  type McloudScene,
  openScene,
  rollBack,
  SOCKETS,
  upgradeTo,
} from "../../support/upgrade/stages/mcloud-scene.ts";
import { OLD_VERSION } from "../../support/upgrade/stages/mcloud.ts";

const leftOut = whyLeftOut("docker");
const NOTHING_AMISS = { missing: [], doubled: [], uninvited: [] };
const ALL_THERE = { data: NOTHING_AMISS, redis: NOTHING_AMISS };
const LOST = "what users wrote to tenanta since the cutover: it is not copied back to tenantb";
/** What a person waits for a page; it is 3 s on a machine that has nothing else to do. */
const LONGEST_HOLD_MS = 20_000;
let registry: TestRegistry;

beforeAll(async () => {
  if (leftOut === null) registry = await TestRegistry.start();
});
afterAll(() => registry?.close());
beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

/** The candidate is looked at while users stay where they are. */
function lookAtCandidate(scene: McloudScene, version: string, usersOn: string): () => Promise<void> {
  return async () => {
    expect(await versionAtTestHost(scene)).toBe(version);
    await scene.traffic.goesOn(20);
    expect(scene.traffic.versions.at(-1)).toBe(usersOn);
    expect(scene.traffic.longestHoldMs).toBe(0);
  };
}

test("the other tenant takes over with every message", { timeout: 90_000 }, async () => {
  const scene = await openScene(registry);
  const { stage, traffic } = scene;
  const { tenanta: a, tenantb: b } = stage.tenants;
  const replaced = await stage.sandbox.inspect(b.flask);
  const began = Date.now();
  const { code, run } = await upgradeTo(
    scene,
    { version: "2.0.0" },
    lookAtCandidate(scene, "2.0.0", OLD_VERSION),
  );
  expect(code).toBe(0);
  await everybodyIsBack(scene);
  await traffic.stop();

  expect(traffic.failed).toEqual([]);
  expect(traffic.versions).toEqual([OLD_VERSION, "2.0.0"]);
  // The time of one save, two copies, and the start of the other tenant.
  expect(traffic.longestHoldMs).toBeGreaterThan(0);
  expect(traffic.longestHoldMs).toBeLessThan(LONGEST_HOLD_MS);
  expect(endsByCode(traffic.sockets)).toEqual({ 1012: SOCKETS });
  expect(await accountsOf(scene, "tenantb")).toEqual(ALL_THERE);
  expect(await ordersOf(scene)).toEqual([
    "upgrade_approve",
    "set_candidate",
    "set_candidate",
    "hold",
    "cutover",
    "release",
  ]);
  // It goes on only to hear that it is to stop.
  expect(await doneTo(a, began)).toEqual([
    `redis-cli SAVE ${a.redis}`,
    ...[a.flask, a.redis].map((name) => `pause ${name}`),
    ...[a.flask, a.redis].flatMap((name) => [`unpause ${name}`, `die ${name}`]),
  ]);
  const kept = `${b.flask}.holdgate-old-${run}`;
  expect(await statesOf(scene)).toEqual({
    [a.flask]: "exited",
    [a.redis]: "exited",
    [b.flask]: "running",
    [b.redis]: "running",
    [kept]: "exited",
  });
  expect((await stage.sandbox.inspect(kept))?.Id).toBe(replaced?.Id);
  expect(await leftOf(run)).toEqual([b.flask, `holdgate/rollback:${run}-new`]);
});

test("the next run goes the other way; undone, it says what that loses", { timeout: 90_000 }, async () => {
  const scene = await openScene(registry);
  const { stage, traffic } = scene;
  const { tenanta: a, tenantb: b } = stage.tenants;
  expect((await upgradeTo(scene, { version: "2.0.0" })).code).toBe(0);
  await everybodyIsBack(scene);
  const before = await lookAt(scene);
  const { code, run } = await upgradeTo(scene, { version: "3.0.0" });
  expect(code).toBe(0);
  await everybodyIsBack(scene);
  expect(traffic.versions).toEqual([OLD_VERSION, "2.0.0", "3.0.0"]);
  const states = { [a.flask]: "running", [a.redis]: "running", [b.flask]: "exited", [b.redis]: "exited" };
  expect(await statesOf(scene)).toMatchObject(states);

  const back = await rollBack(scene, run);
  expect(back).toMatchObject({ code: 20, end: { state: "rolled_back", lost: LOST } });
  await everybodyIsBack(scene);
  await traffic.stop();
  expect(traffic.failed).toEqual([]);
  expect(traffic.versions).toEqual([OLD_VERSION, "2.0.0", "3.0.0", "2.0.0"]);
  const account = { ...NOTHING_AMISS, missing: storedBy(scene, "3.0.0") };
  expect(await accountsOf(scene, "tenantb")).toEqual({ data: account, redis: account });
  await expectUntouched(scene, before, run);
});
