// Chatalot is upgraded under load: replaced in place under a hold of seconds, with a schema that migrates when the new
// version starts. From then on the way back is the dump.

import { describe, expect, test } from "vitest";
import { callAdmin } from "../../support/call-admin.ts";
import { eventually } from "../../support/eventually.ts";
import { endsByCode, type ChatSocket } from "../../support/upgrade/chat-socket.ts";
import { inspectForComparison } from "../../support/upgrade/compare-inspect.ts";
import type { Traffic } from "../../support/upgrade/traffic.ts";
import {
  accountOf,
  containersOf,
  expectUntouched,
  keptImages,
  lookAtContainers,
  migrationsOf,
  NOTHING_AMISS,
  schemaOf,
} from "../../support/upgrade/stages/chatalot-looks.ts";
import {
  type ChatalotScene,
  operate,
  playChatalot,
  SOCKETS,
  type UpgradeEnd,
  upgradeTo,
  WAVE_PER_SECOND,
} from "../../support/upgrade/stages/chatalot-scene.ts";
import { DB, OLD_VERSION, SERVER } from "../../support/upgrade/stages/chatalot.ts";

const NEW_SCHEMA = { SCHEMA_VERSION: "2" };
const openScene = playChatalot();

test(
  "a good version takes over with all data, and users have only waited",
  { timeout: 180_000 },
  async () => {
    const scene = await openScene();
    const { stage, traffic } = scene;
    const db = await inspectForComparison(DB);
    const old = await stage.sandbox.inspect(SERVER);
    const end = await upgradeTo(scene, { version: "0.18.0", env: NEW_SCHEMA });
    expect(end).toMatchObject({ code: 0, stderr: "", state: "kept", lost: null });
    await everybodyIsBack(scene);

    expect(traffic.failed).toEqual([]);
    expect(traffic.versions).toEqual([OLD_VERSION, "0.18.0"]);
    expect(traffic.longestHoldMs).toBeGreaterThan(2_000);
    expect(await accountOf(scene)).toEqual(NOTHING_AMISS);
    expect({ schema: await schemaOf(scene), migrations: await migrationsOf(scene) }).toEqual({
      schema: 2,
      migrations: 1,
    });
    const kept = `${SERVER}.holdgate-old-${end.run}`;
    expect(await containersOf(scene)).toEqual([DB, SERVER, kept]);
    expect(await keptImages(end.run)).toEqual([`holdgate/rollback:${end.run}-app`]);
    expect(await stage.sandbox.inspect(kept)).toMatchObject({ Id: old?.Id, State: { Status: "exited" } });
    expect(await inspectForComparison(DB)).toEqual(db);
    expect(await stage.sandbox.readVolume(stage.volumes.files, "upload.png")).toBe("a picture\n");
    expectOrderlyReturn(traffic.sockets);
  },
);

async function everybodyIsBack({ traffic }: ChatalotScene): Promise<void> {
  await traffic.goesOn(20);
  await eventually(() => expect(traffic.sockets.filter(({ isOnline }) => !isOnline)).toEqual([]));
  await traffic.stop();
}

/** Closed in waves with 1012, and let in again at the first try. */
function expectOrderlyReturn(sockets: readonly ChatSocket[]): void {
  expect(endsByCode(sockets)).toEqual({ 1012: SOCKETS });
  expect(sockets.flatMap(({ handshakes }) => handshakes)).toEqual(Array(2 * SOCKETS).fill(101));
  expect(sockets.filter(({ greetings }) => greetings.join() !== `${OLD_VERSION},0.18.0`)).toEqual([]);
  const closedAt = sockets.flatMap(({ ends }) => ends.map(({ at }) => at));
  const wholeMs = (1_000 * SOCKETS) / WAVE_PER_SECOND;
  expect(Math.max(...closedAt) - Math.min(...closedAt)).toBeGreaterThan(0.7 * wholeMs);
}

test("a version that fails with its users is taken back with the dump, and the loss is named", async () => {
  const scene = await openScene();
  const { traffic } = scene;
  const before = await lookAtContainers();
  const env = { ...NEW_SCHEMA, FAIL_AFTER: "40" };
  const end = await upgradeTo(scene, { version: "0.18.6", env, vars: { watch: "40s" } });
  expect(end).toMatchObject({ code: 20, stderr: "", state: "rolled_back" });
  expect(end.lost).toBe("what was written after the backup dump was begun");
  expect(end.message).toMatch(/the step observe failed: \d+ of \d+ answers failed \(\d/);
  await everybodyIsBack(scene);

  expect(traffic.versions).toEqual([OLD_VERSION, "0.18.6", OLD_VERSION]);
  expect([...new Set(traffic.failed.map(({ status, version }) => `${version} ${status}`))]).toEqual([
    "0.18.6 500",
  ]);
  expect(await schemaOf(scene)).toBe(1);
  await expectUntouched(scene, before, end.run);
  // Just what the new version had stored is lost.
  const { missing, ...others } = await accountOf(scene);
  expect(others).toEqual({ doubled: [], uninvited: [] });
  const byNew = traffic.sent.filter(({ status, version }) => status === 201 && version === "0.18.6");
  expect(missing.toSorted()).toEqual(byNew.map(({ id }) => id).toSorted());
  expect(missing.length).toBeGreaterThanOrEqual(40);
}, 180_000);

describe(
  "without a way back in the plan, a version that has migrated and is not well",
  { timeout: 180_000 },
  () => {
    test("leaves users a page and the old version stopped, until it is repaired and the run resumed", async () => {
      const scene = await openScene();
      const { traffic, stage } = scene;
      const { run } = await pausedRun(scene, "0.18.7");
      const stopped = await expectStandstill(scene, run);
      const back = await operate(scene, ["--rollback", run]);
      expect(back).toMatchObject({ code: 30, state: "paused", message: expect.stringMatching(PAST_RETURN) });
      expect(await expectStandstill(scene, run)).toEqual(stopped);

      await stage.sandbox.exec(SERVER, "touch", "/app/data/files/repaired");
      const resumed = await operate(scene, ["--resume", run]);
      expect(resumed).toMatchObject({ code: 0, stderr: "", state: "kept" });
      await everybodyIsBack(scene);
      expect(traffic.versions).toEqual([OLD_VERSION, "0.18.7"]);
      expectOnlyMaintenance(traffic);
      expect(await accountOf(scene)).toEqual(NOTHING_AMISS);
      expect(await migrationsOf(scene)).toBe(1);
    });

    test("is rolled back once somebody has put the old schema back by hand", async () => {
      const scene = await openScene();
      const { traffic, stage } = scene;
      const before = await lookAtContainers();
      const { run } = await pausedRun(scene, "0.18.8");
      await stage.sandbox.exec(DB, "sh", "-c", "echo 1 > /data/schema");
      const back = await operate(scene, ["--rollback", run]);
      expect(back).toMatchObject({ code: 10, stderr: "", state: "rolled_back", lost: null });
      await everybodyIsBack(scene);
      expect(traffic.versions).toEqual([OLD_VERSION]);
      expectOnlyMaintenance(traffic);
      expect(await accountOf(scene)).toEqual(NOTHING_AMISS);
      await expectUntouched(scene, before, run);
    });
  },
);

const PAST_RETURN = /the schema was 1 and is 2\) and declares no way back/;

async function pausedRun(scene: ChatalotScene, version: string): Promise<UpgradeEnd> {
  const env = { ...NEW_SCHEMA, HEALTH: "file:/app/data/files/repaired" };
  const end = await upgradeTo(scene, { version, env, editPlan: withoutUndo, vars: { patience: "3s" } });
  expect(end).toMatchObject({ code: 30, state: "paused", message: expect.stringMatching(PAST_RETURN) });
  return end;
}

function expectOnlyMaintenance({ failed }: Traffic): void {
  const refusals = failed.map(({ status, retryAfter }) => (retryAfter === null ? "no time" : status));
  expect([...new Set(refusals)]).toEqual([503]);
}

/** The maintenance page for users, the new version running, and the old one as it was stopped. */
async function expectStandstill({ gateway, stage }: ChatalotScene, run: string): Promise<unknown> {
  const { body } = await callAdmin(gateway.adminSocket, "GET", "/admin/status");
  expect(body).toMatchObject({ services: [{ mode: { name: "maintenance" } }] });
  expect(await stage.sandbox.inspect(SERVER)).toMatchObject({ State: { Status: "running" } });
  const old = await stage.sandbox.inspect(`${SERVER}.holdgate-old-${run}`);
  expect(old).toMatchObject({ State: { Status: "exited" } });
  return old?.State;
}

function withoutUndo(plan: string): string {
  const edited = plan.replace(/\n    undo:\n(?: {6}.*\n)+/, "\n");
  expect(edited).not.toBe(plan);
  return edited;
}
