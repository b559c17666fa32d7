// Work in containers that an operation makes for itself, whose runner was killed: nobody is left to remove them but the
// rollback.

import { expect, test } from "vitest";
import type { Engine } from "../../../src/docker/engine.ts";
import { backup } from "../../../src/upgrade/operations/backup.ts";
import type { Effects, PerformContext } from "../../../src/upgrade/operations/handler.ts";
import { removeContainer } from "../../../src/upgrade/operations/remove-container.ts";
import { restore } from "../../../src/upgrade/operations/restore.ts";
import { stopContainer } from "../../../src/upgrade/operations/stop-container.ts";
import { syncVolumes } from "../../../src/upgrade/operations/sync-volumes.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import type { TestContextOptions } from "../../support/upgrade/perform-context.ts";
import { backupOf, runLike } from "./backup-operation.ts";
import { common, onEngine, shellChange, SLEEP } from "./on-engine.ts";

const on = onEngine("remove-left");

function contextOf(options: TestContextOptions = {}) {
  const labels = (step: string, role: string): Record<string, string> => ({
    ...on.sandbox.labels,
    "holdgate.run": on.sandbox.prefix,
    "holdgate.step": step,
    "holdgate.role": role,
  });
  return on.context({ ...options, run: { ...options.run, labels } });
}

/** Whose removals are never heard of, as those of a runner that is gone. */
function deaf(): Engine {
  return { ...on.engine, containers: { ...on.engine.containers, remove: async () => {} } };
}

async function killedAtWork(id: string, perform: (context: PerformContext) => Promise<unknown>) {
  const killed = new AbortController();
  const directory = await temporaryDirectory();
  const over = { run: { directory }, files: { "dump.write": "/dev/null" } };
  const sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const outcomes = { "dump.write": { sha256: sum } };
  const context = contextOf({ ...over, outcomes, engine: deaf(), signal: killed.signal });
  const ended = perform(context).catch(() => "killed");
  await eventually(async () => expect(await running(id)).toHaveLength(1));
  killed.abort(new Error("kill -9"));
  expect(await ended).toBe("killed");
  expect(await running(id)).toHaveLength(1);
}

async function running(operation: string): Promise<string[]> {
  const labels = [`holdgate.run=${on.sandbox.prefix}`, `holdgate.operation=${operation}`];
  const found = await on.engine.containers.list({ labels });
  const looks = await Promise.all(found.map(({ Id }) => on.engine.containers.inspect(Id)));
  return looks.flatMap((each) => (each?.State.Running === true ? [each.Name] : []));
}

async function undo(effects: Effects): Promise<void> {
  for (const effect of effects) {
    if (effect.kind === "stop-container") {
      await stopContainer.perform({ ...effect, ...common("undo.1") }, contextOf());
    } else if (effect.kind === "remove-container") {
      await removeContainer.perform({ ...effect, ...common("undo.2") }, contextOf());
    }
  }
}

test("a copy between volumes that a killed runner has left is ended by the rollback", async () => {
  const from = await on.sandbox.volume("from");
  const to = await on.sandbox.volume("to");
  const command = ["sh", "-c", SLEEP];
  const image = on.busybox.ref;
  const rest = { kind: "sync-volumes", from, to, image, mode: "delta", command } as const;
  const operation = { ...common("sync.copy"), ...rest };
  await killedAtWork("sync.copy", (context) => syncVolumes.perform(operation, context));
  await undo(syncVolumes.inverse(operation, undefined, {}));
  const labels = ["holdgate.operation=sync.copy", `holdgate.run=${on.sandbox.prefix}`];
  expect(await on.engine.containers.list({ labels })).toEqual([]);
  expect(await on.engine.volumes.inspect(to)).toBeDefined();
  expect(syncVolumes.inverse(operation, { copied: 1 })).toEqual([]);
});

test("so is the one-off of a backup, and that of a restore", async () => {
  const like = await on.container("like");
  const source = runLike(on, like, shellChange(SLEEP));
  const dump = backupOf(source, "a.dump");
  await killedAtWork("dump.write", (context) => backup.perform(dump, context));
  await undo(backup.inverse(dump, undefined, {}));
  expect(await running("dump.write")).toEqual([]);

  const from = { writtenBy: "dump.write" };
  const back = { ...common("back.restore"), kind: "restore", from, gunzip: false, into: source } as const;
  await killedAtWork("back.restore", (context) => restore.perform(back, context));
  await undo(restore.inverse(back, undefined, {}));
  expect(await running("back.restore")).toEqual([]);
});
