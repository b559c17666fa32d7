// The runner is killed while the job that migrates is under way: whoever resumes waits for that job, and starts no
// second.

import { expect, test } from "vitest";
import { askEngine, filters } from "../../support/docker/call-engine.ts";
import { eventually } from "../../support/eventually.ts";
import { UpgradeProcess } from "../../support/upgrade/run-upgrade.ts";
import {
  accountOf,
  expectAllOn,
  migrationsOf,
  NOTHING_AMISS,
} from "../../support/upgrade/stages/cometchat-looks.ts";
import {
  beginUpgrade,
  endOf,
  playCometChat,
  stopTraffic,
} from "../../support/upgrade/stages/cometchat-scene.ts";
import { listServices } from "../../support/upgrade/stages/cometchat.ts";

const openScene = playCometChat();

test(
  "a migration is carried out once, though its runner is killed beside it",
  { timeout: 240_000 },
  async () => {
    const scene = await openScene();
    const env = { "chat-api": { MIGRATE_MS: "4000" } };
    const upgrade = await beginUpgrade(scene, { version: "4.1.0", env });
    const task = await eventually(runningJob, 60_000);
    upgrade.child.kill("SIGKILL");
    await upgrade.ended;
    expect(await migrationsOf(scene)).toEqual([]);

    const resumed = new UpgradeProcess({ dir: scene.dir, args: ["--resume"] });
    expect(await endOf(resumed)).toMatchObject({ code: 0, stderr: "", state: "kept" });
    await stopTraffic(scene);
    expect(await migrationsOf(scene)).toEqual([expect.stringContaining(task.slice(0, 12))]);
    expect([...scene.traffic.failed, ...scene.others.failed]).toEqual([]);
    expect(await accountOf(scene)).toEqual([NOTHING_AMISS, NOTHING_AMISS]);
    await expectAllOn(scene, "4.1.0");
    expect((await listServices()).filter(({ Spec }) => Spec.Mode.ReplicatedJob !== undefined)).toEqual([]);
  },
);

/** The id of its container. */
async function runningJob(): Promise<string> {
  const job = (await listServices()).find(({ Spec }) => Spec.Mode.ReplicatedJob !== undefined);
  const label = filters({ label: [`com.docker.swarm.service.name=${job?.Spec.Name}`] });
  const [container] = await askEngine<{ Id: string }[]>("GET", `/containers/json?${label}`);
  if (container === undefined) throw new Error("no job runs");
  return container.Id;
}
