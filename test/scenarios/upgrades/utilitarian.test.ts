// Utilitarian is upgraded under load: stopped from the outside in, dumped, migrated once before anything new serves, and
// started from the inside out, with never more than one beat, while the edge takes readings all the time. Each upgrade
// begins where the one before it has ended.

import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TestRegistry } from "../../support/docker/registry.ts";
import { readTree } from "../../support/read-tree.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import {
  assetsOf,
  containersOf,
  expectAsBefore,
  expectNothingLost,
  expectOneBeatAtATime,
  livesOf,
  lookAt,
  migrationsOf,
  refusedOutside,
  schemaOf,
  storyOf,
} from "../../support/upgrade/stages/utilitarian-looks.ts";
import {
  openScene,
  PASSWORD,
  startRegistry,
  type UtilitarianScene,
  upgradeTo,
} from "../../support/upgrade/stages/utilitarian-scene.ts";
import {
  API,
  BEAT,
  CONTAINERS,
  OLD_VERSION,
  openUtilitarian,
  type UtilitarianStage,
  WORKERS,
} from "../../support/upgrade/stages/utilitarian.ts";

const leftOut = whyLeftOut("docker");
/** Another suite may have the names. */
const SETTING_UP_MS = 300_000;
const DUMPED = ["pg_dump -Fc -U postgres utilitarian", "pg_restore -l"];
const STOPPED = [
  "stop utilitarian-poster",
  "stop dlms-processor",
  "stop utilitarian-beat",
  "stop utilitarian-worker-meters",
  "stop utilitarian-worker-reports",
  "stop utilitarian-api",
];
const STARTED = [
  "start utilitarian-api",
  "start utilitarian-worker-meters",
  "start utilitarian-worker-reports",
  "start utilitarian-beat",
  "start dlms-processor",
  "start utilitarian-poster",
];
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

/** What is done while nothing serves. */
const MIGRATED = ["migrate-api-pending", "migrate-api", "assets"].flatMap((work) => [
  `start ${API}.holdgate-${work}`,
  `stop ${API}.holdgate-${work}`,
]);

describe("an upgrade of Utilitarian", { timeout: 180_000 }, () => {
  test("that its registry refuses ends before anything stops", async () => {
    const scene = await openScene(registry, stage);
    const before = await lookAt();
    const { code, lines } = await upgradeTo(scene, { version: "2.3.1", password: "of-another-robot" });
    await scene.traffic.goesOn(20);
    await scene.traffic.stop();

    expect({ code, end: lines.at(-1) }).toMatchObject({
      code: 10,
      end: { state: "rolled_back", message: expect.stringMatching(/preflight-db failed: .*:2\.3\.1.* 401/) },
    });
    expect(storyOf(scene.events)).toEqual([]);
    expect(scene.traffic.failed).toEqual([]);
    await expectAsBefore(scene, before);
  });

  test("migrates once before anything new serves, and loses nothing that users or meters have sent", async () => {
    const scene = await openScene(registry, stage);
    const { traffic } = scene;
    const olds = await Promise.all([API, ...WORKERS, BEAT].map((name) => stage.sandbox.inspect(name)));
    const lives = await livesOf(scene);
    const { code, lines, stderr } = await upgradeTo(scene, {
      version: "2.4.0",
      env: { SCHEMA_VERSION: "2" },
    });
    expect({ code, stderr, end: lines.at(-1) }).toMatchObject({
      code: 0,
      stderr: "",
      end: { state: "kept" },
    });
    await traffic.goesOn(20);
    await traffic.stop();

    expect(storyOf(scene.events)).toEqual([...STOPPED, ...DUMPED, ...MIGRATED, ...STARTED]);
    expect(await livesOf(scene)).toEqual(lives);
    expect(traffic.failed.length).toBeGreaterThan(0);
    expect(refusedOutside(scene, lines)).toEqual([]);
    expect(traffic.versions).toEqual([OLD_VERSION, "2.4.0"]);
    await expectNothingLost(scene);
    expect(await expectOneBeatAtATime(scene)).toEqual([OLD_VERSION, "2.4.0"]);
    expect(await schemaOf(scene)).toBe(2);
    expect(await migrationsOf(scene)).toEqual(["2.4.0"]);
    expect(await assetsOf(scene)).toEqual(["2.4.0", "2.4.0"]);
    await expectKept(scene, String(lines.at(-1)?.["run"]), olds);
    await expectNoSecret(scene, lines);
  });
});

describe("an upgrade of Utilitarian to a version that is not well", { timeout: 180_000 }, () => {
  test("without a way back pauses in maintenance, and starts nothing old on the new schema", async () => {
    const scene = await openScene(registry, stage);
    const { traffic } = scene;
    const env = { SCHEMA_VERSION: "3", HEALTH: "never" };
    const { code, lines } = await upgradeTo(scene, { version: "2.5.0", env, editPlan: withoutWayBack });
    await traffic.goesOn(20);
    await traffic.stop();

    expect({ code, end: lines.at(-1) }).toMatchObject({
      code: 30,
      end: {
        state: "paused",
        message: expect.stringMatching(/healthy-api failed.*migrate-api is past its point/s),
      },
    });
    expect(storyOf(scene.events)).toEqual([...STOPPED, ...DUMPED, ...MIGRATED, "start utilitarian-api"]);
    expect(traffic.sent.at(-1)).toMatchObject({ status: 503, version: null });
    expect(refusedOutside(scene, lines).filter(({ status }) => status !== 503)).toEqual([]);
    expect(traffic.versions).toEqual(["2.4.0"]);
    expect(await schemaOf(scene)).toBe(3);
    expect(await migrationsOf(scene)).toEqual(["2.4.0", "2.5.0"]);
    expect(await expectOneBeatAtATime(scene)).toEqual([OLD_VERSION, "2.4.0"]);
  });
});

/** The old containers, stopped, and the dump. */
async function expectKept(
  scene: UtilitarianScene,
  run: string,
  olds: ({ Id: string; Name: string } | undefined)[],
): Promise<void> {
  const kept = olds.map((old) => ({ id: old?.Id, name: `${old?.Name.slice(1)}.holdgate-old-${run}` }));
  expect(await containersOf(scene)).toEqual([...CONTAINERS, ...kept.map(({ name }) => name)].toSorted());
  for (const { id, name } of kept) {
    expect(await scene.stage.sandbox.inspect(name)).toMatchObject({ Id: id, State: { Status: "exited" } });
  }
  const dumps = Object.entries(await readTree(scene.dir)).filter(([file]) => file.endsWith(".dump"));
  expect(dumps).toEqual([
    [expect.stringContaining(`utilitarian-${run}.dump`), expect.stringContaining('"schema":1')],
  ]);
}

async function expectNoSecret({ dir }: UtilitarianScene, lines: readonly object[]): Promise<void> {
  const written = { ...(await readTree(join(dir, "data"))), said: JSON.stringify(lines) };
  const tellers = Object.entries(written).filter(([, content]) => content.includes(PASSWORD));
  expect(tellers.map(([file]) => file)).toEqual([]);
}

/** The `undo` of the migration, taken out. */
function withoutWayBack(plan: string): string {
  const without = plan.replace(/ {4}undo:\n {6}- restore:\n(?: {10}.*\n)*/, "");
  expect(without).not.toContain("restore:");
  return without;
}
