// makechat does not get worse by an upgrade: whatever is wrong with a new container or with an old one, both old ones
// are back as they were, with users who have read one maintenance page at most.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { TestRegistry } from "../../support/docker/registry.ts";
import type { StandIn } from "../../support/docker/stand-in-image.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import {
  expectAsBefore,
  expectMessagesIntact,
  expectOnlyMaintenance,
  lookAtAll,
  rollbackTagsOf,
  settle,
} from "../../support/upgrade/stages/makechat-looks.ts";
import { type MakechatScene, openScene, upgradeTo } from "../../support/upgrade/stages/makechat-scene.ts";
import { APP, OLD_VERSION, putFile, WEB } from "../../support/upgrade/stages/makechat.ts";

const leftOut = whyLeftOut("docker");
let registry: TestRegistry;

beforeAll(async () => {
  if (leftOut === null) registry = await TestRegistry.start();
});
afterAll(() => registry?.close());
beforeEach(({ skip }) => skip(leftOut !== null, leftOut ?? ""));

interface Broken {
  what: string;
  version: string;
  app?: StandIn["env"];
  web?: StandIn["env"];
  editPlan?: (plan: string) => string;
  says: RegExp;
}

const BROKEN: Broken[] = [
  {
    what: "app exits at once",
    version: "0.1.31",
    app: { CRASH: "1" },
    says: /healthy-app failed: makechat has exited with code 1/,
  },
  {
    what: "app answers 500",
    version: "0.1.32",
    app: { HEALTH: "degraded" },
    says: /healthy-app failed: .* the status is 500 instead of 200/,
  },
  {
    what: "app has lost its configuration, which logs everybody out",
    version: "0.1.33",
    editPlan: (plan) =>
      plan.replace("noDrift: [app, web]", "noDrift: [web]").replace(/, carryFiles: \[.*?\]/, ""),
    says: /healthy-app failed: .* the status is 401 instead of 200/,
  },
  {
    what: "web container never listens",
    version: "0.1.34",
    web: { BOOT_MS: "600000" },
    says: /healthy-web failed: .* refused the connection/,
  },
  {
    what: "page is of another version",
    version: "0.1.35",
    web: { REPORT_VERSION: "0.1.1" },
    says: /healthy-web failed: .* the body has no "0\.1\.35"/,
  },
];

describe(
  "both old containers are back, and the maintenance is over, when the new",
  { timeout: 120_000 },
  () => {
    test.for(BROKEN)("$what", async ({ says, what: _what, ...order }) => {
      const scene = await openScene(registry);
      const before = await lookAtAll();
      const { code, lines, stderr } = await upgradeTo(scene, { ...order, patience: "4s" });
      expect({ code, stderr, end: lines.at(-1) }).toMatchObject({
        code: 10,
        stderr: "",
        end: { state: "rolled_back", lost: null, message: expect.stringMatching(says) },
      });
      await settle(scene);

      expect(expectOnlyMaintenance(scene)).not.toBeNull();
      expect(scene.programs.versions).toEqual([OLD_VERSION]);
      await expectMessagesIntact(scene);
      await expectAsBefore(scene, before);
      expect(await rollbackTagsOf(String(lines.at(-1)?.["run"]))).toEqual([]);
    });
  },
);

test(
  "a file that was changed in the app's own layer stops the run before anything",
  { timeout: 120_000 },
  async () => {
    const scene = await openScene(registry);
    await putFile(APP, "/app/plugin.py", "import chat\n");
    const before = await lookAtProcesses(scene);
    const { code, lines } = await upgradeTo(scene, { version: "0.1.36" });
    expect(code).toBe(10);
    const message = expect.stringContaining(`${APP} has what its image has not: /app/plugin.py (added)`);
    expect(lines.at(-1)).toMatchObject({ state: "rolled_back", message });
    await settle(scene);

    expect([...scene.programs.failed, ...scene.browsers.failed]).toEqual([]);
    expect(await lookAtProcesses(scene)).toEqual(before);
    expect(registry.countOf("0.1.36")).toBe(0);
  },
);

/** With ids and times: the very same ones. */
async function lookAtProcesses({ stage }: MakechatScene) {
  const states = [APP, WEB].map(async (name) => (await stage.sandbox.inspect(name))?.State);
  return { containers: await lookAtAll(), states: await Promise.all(states) };
}
