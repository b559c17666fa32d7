// A plan with secrets, and an app that shouts them: whatever anybody reads, writes or logs of the run has none of them.

import { stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runHoldgate } from "../../support/run-holdgate.ts";
import { runUpgrade } from "../../support/upgrade/run-upgrade.ts";
import {
  DIES,
  findSecrets,
  openSecretsScene,
  SECRETS,
  SERVES,
  type SecretsScene,
} from "../../support/upgrade/secrets-scene.ts";
import { playSmallChat } from "../../support/upgrade/small-chat-file.ts";

const file = playSmallChat("secrets");

/** They were needed, and have reached those that they are for. */
function expectSent({ engine, called }: SecretsScene): void {
  expect(called).toMatchObject([
    { headers: { authorization: `Bearer ${SECRETS.hook}` }, body: SECRETS.db },
    { headers: { authorization: `Bearer ${SECRETS.hook}` }, body: SECRETS.db },
  ]);
  const env = JSON.stringify(`DB_PASSWORD=${SECRETS.db}`);
  expect(engine.writes.filter(({ body }) => body.includes(env)).length).toBeGreaterThanOrEqual(3);
}

async function expectForItsOwner({ chat }: SecretsScene, run: string): Promise<void> {
  const { mode } = await stat(join(chat.dir, "data/upgrades", run, "private.json"));
  expect((mode & 0o777).toString(8)).toBe("600");
}

/** As it is read on a terminal that is none. */
function upgrade({ chat, args, env }: SecretsScene, ...more: string[]) {
  const options = { cwd: chat.dir, env, longestMs: 100_000 };
  return runHoldgate(["upgrade", ...args, ...more, "--config", "holdgate.yaml"], options);
}

describe("no secret is in anything that is shown, kept or logged", { timeout: 120_000 }, () => {
  test("of an upgrade that succeeds, in any form, nor of its dry run", async () => {
    const scene = await openSecretsScene(file, "kept", SERVES);
    const { chat, args, env } = scene;
    const dry = await upgrade(scene, "--dry-run");
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining("planned: nothing was touched") });
    expect(scene.called).toEqual([]);
    const { code, stderr, lines } = await runUpgrade({ dir: chat.dir, args, env });
    const run = String(lines.at(-1)?.["run"]);
    expect({ code, last: lines.at(-1) }).toMatchObject({ code: 0 });
    const output = JSON.stringify(lines);
    expect(output).toContain("DB_PASSWORD=***");
    expectSent(scene);
    const everything = await scene.everything(run);
    expect(findSecrets({ ...everything, output, stderr, dry: dry.stdout + dry.stderr })).toEqual([]);
    await expectForItsOwner(scene, run);
  });

  test("of an upgrade that is rolled back, because the new version dies", async () => {
    const scene = await openSecretsScene(file, "dies", DIES);
    const { code, stdout, stderr } = await upgrade(scene);
    expect({ code, stderr }).toEqual({ code: 10, stderr: "" });
    expect(stdout).toContain("DB_PASSWORD=***");
    expectSent(scene);
    const run = /: run (\S+)/.exec(stdout)?.[1] ?? "";
    const everything = await scene.everything(run);
    expect(findSecrets({ ...everything, stdout })).toEqual([]);
    await expectForItsOwner(scene, run);
  });
});
