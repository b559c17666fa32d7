// mcloud with a new version that is broken, or not wanted: as long as it is only on the test host, users notice nothing
// at all; and when it breaks under them, they are back on the tenant where they were.

import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { join } from "node:path";
import { EngineProxy } from "../../support/docker/engine-proxy.ts";
import { TestRegistry } from "../../support/docker/registry.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import {
  accountsOf,
  everybodyIsBack,
  expectUntouched,
  lookAt,
  ordersOf,
  storedBy,
} from "../../support/upgrade/stages/mcloud-looks.ts";
import {
  answerWhenAsked,
  endOf,
  type McloudScene,
  openScene,
  startUpgrade,
  upgradeTo,
} from "../../support/upgrade/stages/mcloud-scene.ts";
import { OLD_VERSION } from "../../support/upgrade/stages/mcloud.ts";

const leftOut = whyLeftOut("docker");
const NOTHING_AMISS = { missing: [], doubled: [], uninvited: [] };
const ALL_THERE = { data: NOTHING_AMISS, redis: NOTHING_AMISS };
const LOST = "what users wrote to tenantb since the cutover: it is not copied back to tenanta";
let registry: TestRegistry;

beforeAll(async () => {
  if (leftOut === null) registry = await TestRegistry.start();
});
afterAll(() => registry?.close());
beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

/** Every request was answered at once by the tenant that served, and every WebSocket is the one of the beginning. */
async function expectUnnoticed(scene: McloudScene): Promise<void> {
  const { traffic } = scene;
  await traffic.goesOn(20);
  await traffic.stop();
  expect(traffic.failed).toEqual([]);
  expect(traffic.versions).toEqual([OLD_VERSION]);
  expect(traffic.longestHoldMs).toBe(0);
  expect(traffic.sockets.flatMap(({ ends }) => ends)).toEqual([]);
  expect(await accountsOf(scene, "tenanta")).toEqual(ALL_THERE);
}

interface Broken {
  what: string;
  version: string;
  env: Readonly<Record<string, string>>;
  says: RegExp;
}

const BROKEN: Broken[] = [
  {
    what: "exits at once",
    version: "2.0.1",
    env: { CRASH: "1" },
    says: /has (ended|exited)[^]*crashed at the start/,
  },
  { what: "never listens", version: "2.0.2", env: { BOOT_MS: "600000" }, says: /refused the connection/ },
  {
    what: "is never healthy",
    version: "2.0.3",
    env: { HEALTH: "degraded" },
    says: /the status is 503 instead of 200/,
  },
  {
    what: "says it is another",
    version: "2.0.4",
    env: { REPORT_VERSION: "1.9.9" },
    says: /version is "1.9.9" instead of "2.0.4"/,
  },
];

describe("nobody notices anything when the new version", { timeout: 90_000 }, () => {
  test.for(BROKEN)("$what", async ({ version, env, says }) => {
    const scene = await openScene(registry);
    const before = await lookAt(scene);
    const { code, end, run } = await endOf(
      await startUpgrade(scene, { version, env, vars: { patience: "5s" } }),
    );
    expect({ code, end }).toMatchObject({ code: 10, end: { state: "rolled_back", lost: null } });
    expect(end["message"]).toMatch(says);
    await expectUnnoticed(scene);
    expect(await ordersOf(scene)).toEqual([]);
    await expectUntouched(scene, before, run);
  });

  test("is declined by who looks at the test host", async () => {
    const scene = await openScene(registry);
    const before = await lookAt(scene);
    const upgrade = await startUpgrade(scene, { version: "2.0.0" });
    const { code, end, run } = await answerWhenAsked(scene, upgrade, "rollback");
    expect({ code, end }).toMatchObject({ code: 10, end: { state: "rolled_back", lost: null } });
    expect(end["message"]).toContain("declined: Has somebody looked at the test host?");
    await expectUnnoticed(scene);
    expect(await ordersOf(scene)).toEqual(["upgrade_approve", "set_candidate", "clear_candidate"]);
    await expectUntouched(scene, before, run);
  });
});

test("a pause that does not pause is found, and nothing is copied then", { timeout: 90_000 }, async () => {
  const scene = await openScene(registry);
  const before = await lookAt(scene);
  const proxy = await EngineProxy.start(join(scene.dir, "engine.sock"));
  onTestFinished(() => proxy.close());
  // As a client does whose `pause` is the call for `unpause`: said to be done, and not done.
  proxy.rule = ({ path }) => (path.endsWith("/pause") ? { kind: "error", status: 204 } : null);
  const { code, end, run } = await upgradeTo(scene, { version: "2.0.0", docker: proxy.socketPath });
  expect({ code, end }).toMatchObject({ code: 10, end: { state: "rolled_back", lost: null } });
  expect(end["message"]).toMatch(/the engine said that flask\.tenanta_\S+ was paused, but now it is running/);
  expect(proxy.writes.filter(({ path }) => path.endsWith("/pause"))).toHaveLength(1);
  await everybodyIsBack(scene);
  await scene.traffic.stop();
  expect(scene.traffic.failed).toEqual([]);
  expect(scene.traffic.versions).toEqual([OLD_VERSION]);
  expect(await accountsOf(scene, "tenanta")).toEqual(ALL_THERE);
  await expectUntouched(scene, before, run);
});

test(
  "one that breaks under its users is left, and what they wrote to it is named",
  { timeout: 90_000 },
  async () => {
    const scene = await openScene(registry);
    const { traffic } = scene;
    const before = await lookAt(scene);
    const { code, end, run } = await upgradeTo(scene, { version: "2.0.5", env: { FAIL_AFTER: "10" } });
    expect({ code, end }).toMatchObject({ code: 20, end: { state: "rolled_back", lost: LOST } });
    await everybodyIsBack(scene);
    await traffic.stop();
    expect(traffic.versions).toEqual([OLD_VERSION, "2.0.5", OLD_VERSION]);
    // Nothing but the new version itself has failed anybody.
    expect(traffic.failed.filter(({ version, status }) => version !== "2.0.5" || status !== 500)).toEqual([]);
    const written = storedBy(scene, "2.0.5");
    // Those under way when it breaks are stored too.
    expect(written.length).toBeGreaterThanOrEqual(10);
    const account = { ...NOTHING_AMISS, missing: written };
    expect(await accountsOf(scene, "tenanta")).toEqual({ data: account, redis: account });
    await expectUntouched(scene, before, run);
  },
);
