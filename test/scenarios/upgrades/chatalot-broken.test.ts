// Whatever is wrong with a new version of Chatalot, the old one is back with its data before anybody could use the new
// one: users have only waited.

import { describe, expect, test } from "vitest";
import { endsByCode } from "../../support/upgrade/chat-socket.ts";
import {
  accountOf,
  expectUntouched,
  lookAtContainers,
  migrationsOf,
  NOTHING_AMISS,
  schemaOf,
} from "../../support/upgrade/stages/chatalot-looks.ts";
import {
  playChatalot,
  SOCKETS,
  upgradeTo,
  type VersionEnv,
} from "../../support/upgrade/stages/chatalot-scene.ts";
import { OLD_VERSION } from "../../support/upgrade/stages/chatalot.ts";

const NEW_SCHEMA = { SCHEMA_VERSION: "2" };
const openScene = playChatalot();

interface Broken {
  what: string;
  version: string;
  env: VersionEnv;
  patience: string;
  says: RegExp;
  migrations: number;
}

const BROKEN: Broken[] = [
  {
    what: "exits before it migrates",
    version: "0.18.1",
    env: { CRASH: "1" },
    patience: "30s",
    says: /chatalot-server has ended and was started again [5-9] times; .*\n.*crashed at the start/,
    migrations: 0,
  },
  {
    what: "exits when it has migrated",
    version: "0.18.2",
    env: { CRASH_AFTER_MS: "0" },
    patience: "30s",
    says: /chatalot-server has ended and was started again [5-9] times; .*\n.*0.18.2/,
    migrations: 1,
  },
  {
    what: "never listens",
    version: "0.18.3",
    env: { BOOT_MS: "600000" },
    patience: "3s",
    says: /not good within 3s: .* refused the connection/,
    migrations: 1,
  },
  {
    what: "answers 200, and that it is degraded",
    version: "0.18.4",
    env: { HEALTH: "degraded" },
    patience: "3s",
    says: /not good within 3s: .* status is "degraded" instead of "ok"/,
    migrations: 1,
  },
  {
    what: "is another than it should be",
    version: "0.18.5",
    env: { REPORT_VERSION: "0.17.9" },
    patience: "3s",
    says: /not good within 3s: .* version is "0.17.9" instead of "0.18.5"/,
    migrations: 1,
  },
];

describe("the old version is back, and nothing is lost, when the new one", { timeout: 180_000 }, () => {
  test.for(BROKEN)("$what", async ({ version, env, patience, says, migrations }) => {
    const scene = await openScene();
    const { traffic } = scene;
    const before = await lookAtContainers();
    const end = await upgradeTo(scene, { version, env: { ...NEW_SCHEMA, ...env }, vars: { patience } });
    expect(end).toMatchObject({ code: 10, stderr: "", state: "rolled_back", lost: null });
    expect(end.message).toMatch(says);
    await traffic.goesOn(20);
    await traffic.stop();

    expect(traffic.failed).toEqual([]);
    expect(traffic.versions).toEqual([OLD_VERSION]);
    expect(await accountOf(scene)).toEqual(NOTHING_AMISS);
    expect({ schema: await schemaOf(scene), migrations: await migrationsOf(scene) }).toEqual({
      schema: 1,
      migrations,
    });
    expect(endsByCode(traffic.sockets)).toEqual({ 1012: SOCKETS });
    await expectUntouched(scene, before, end.run);
  });
});
