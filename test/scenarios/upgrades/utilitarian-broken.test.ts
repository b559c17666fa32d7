// Utilitarian is upgraded to versions that are no good. Users are in maintenance from before the migration until the way
// back is gone, so nothing they have written is lost with the dump that is restored. Each begins where the one before
// it has ended, which is where that had begun.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestRegistry } from "../../support/docker/registry.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import {
  assetsOf,
  expectAsBefore,
  expectNothingLost,
  expectOneBeatAtATime,
  livesOf,
  lookAt,
  refusedOutside,
  storyOf,
} from "../../support/upgrade/stages/utilitarian-looks.ts";
import { openScene, startRegistry, upgradeTo } from "../../support/upgrade/stages/utilitarian-scene.ts";
import {
  OLD_VERSION,
  openUtilitarian,
  type UtilitarianStage,
} from "../../support/upgrade/stages/utilitarian.ts";

const leftOut = whyLeftOut("docker");
/** Another suite may have the names. */
const SETTING_UP_MS = 300_000;
const RESTORED = expect.stringMatching(/^pg_restore --clean .* -d utilitarian$/);
let registry: TestRegistry;
let stage: UtilitarianStage;

beforeAll(async () => {
  if (leftOut !== null) return;
  registry = await startRegistry();
  stage = await openUtilitarian();
}, SETTING_UP_MS);
afterAll(async () => {
  registry?.close();
  await stage?.close();
}, SETTING_UP_MS);
beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

interface Broken {
  what: string;
  version: string;
  env: Readonly<Record<string, string>>;
  vars?: Readonly<Record<string, string>>;
  says: RegExp;
}

const BROKEN: Broken[] = [
  {
    what: "cannot migrate",
    version: "2.5.1",
    env: { MIGRATE_EXIT: "1" },
    says: /migrate-api failed: .* exited with 1.*column "colour" exists already/s,
  },
  {
    what: "never ends its migration",
    version: "2.5.2",
    env: { MIGRATE_HANG: "1" },
    vars: { migration: "2s" },
    says: /migrate-api failed: .* did not end within 2s and was stopped/,
  },
  {
    what: "migrates and is never healthy",
    version: "2.5.3",
    env: { HEALTH: "never" },
    says: /healthy-api failed: not good within 6s: .* 503 instead of 200/,
  },
  {
    what: "has workers that exit at once",
    version: "2.5.4",
    env: { WORKER_EXIT: "1" },
    vars: { patience: "30s" },
    says: /healthy-workers failed: utilitarian-worker-\w+ has ended and was started again.*No module named/s,
  },
];

describe("the old Utilitarian is back on its old schema when the new one", { timeout: 180_000 }, () => {
  test.for(BROKEN)("$what", async ({ version, env, vars, says }) => {
    const scene = await openScene(registry, stage);
    const { traffic } = scene;
    const before = await lookAt();
    const lives = await livesOf(scene);
    const { code, lines, stderr } = await upgradeTo(scene, {
      version,
      env: { SCHEMA_VERSION: "2", ...env },
      vars,
    });
    expect({ code, stderr }).toEqual({ code: 10, stderr: "" });
    expect(lines.at(-1)).toMatchObject({
      state: "rolled_back",
      lost: null,
      message: expect.stringMatching(says),
    });
    await traffic.goesOn(20);
    await traffic.stop();

    await expectNothingLost(scene);
    await expectAsBefore(scene, before);
    expect(await livesOf(scene)).toEqual(lives);
    expect(refusedOutside(scene, lines)).toEqual([]);
    expect(await assetsOf(scene)).toEqual([OLD_VERSION, OLD_VERSION]);
    expect((await expectOneBeatAtATime(scene)).at(-1)).toBe(OLD_VERSION);
    // The database is back before anything old runs on it.
    expect(storyOf(scene.events).slice(-7)).toEqual([
      RESTORED,
      "start utilitarian-api",
      "start utilitarian-worker-reports",
      "start utilitarian-worker-meters",
      "start utilitarian-beat",
      "start dlms-processor",
      "start utilitarian-poster",
    ]);
  });
});
