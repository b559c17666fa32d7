import { appendFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { backup } from "../../../src/upgrade/operations/backup.ts";
import type { ResolvedSink, ResolvedSource } from "../../../src/upgrade/operations/operation.ts";
import { restore } from "../../../src/upgrade/operations/restore.ts";
import { eventually } from "../../support/eventually.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { backupOf, execSource, runLike } from "./backup-operation.ts";
import { common, onEngine, shellChange } from "./on-engine.ts";

const on = onEngine("restore");

/** Backs up, and gives what a restore of it is called with. */
async function backedUp(source: ResolvedSource, gzip = false) {
  const directory = await temporaryDirectory();
  const outcome = await backup.perform(
    backupOf(source, "a.dump", { gzip }),
    on.context({ run: { directory } }),
  );
  const file = `${directory}/a.dump`;
  const context = () =>
    on.context({ run: { directory }, files: { "dump.write": file }, outcomes: { "dump.write": outcome } });
  return { file, context };
}

const into = (sink: ResolvedSink, gunzip = false) =>
  ({
    ...common("back.restore"),
    kind: "restore",
    from: { writtenBy: "dump.write" },
    gunzip,
    into: sink,
  }) as const;

describe("a backup is put back", () => {
  test("by a command in a container", async () => {
    const container = await on.container("exec");
    const { context } = await backedUp(execSource(container, "echo rows"), true);
    await restore.perform(into(execSource(container, "cat >/restored"), true), context());
    expect(await on.sandbox.exec(container.id, "cat", "/restored")).toEqual({
      exitCode: 0,
      output: "rows\n",
    });
  });

  test("by a one-off with a volume", async () => {
    const volume = await on.sandbox.volume("data");
    const like = await on.container("like", undefined, [`${volume}:/data`]);
    const { context } = await backedUp(execSource(like, "printf '\\000\\377rows'"));
    await restore.perform(into(runLike(on, like, shellChange("cat >/data/restored"))), context());
    expect((await on.sandbox.exec(like.id, "stat", "-c", "%s", "/data/restored")).output).toBe("6\n");
  });

  test("to a path of a container", async () => {
    const container = await on.container("path", "mkdir -p /data; echo 1 >/data/one; sleep 600");
    await eventually(async () =>
      expect((await on.sandbox.exec(container.id, "cat", "/data/one")).output).toBe("1\n"),
    );
    const { context } = await backedUp({ kind: "path", container, path: "/data" });
    await on.sandbox.exec(container.id, "sh", "-c", "echo broken >/data/one");
    await restore.perform(into({ kind: "path", container, path: "/data" }), context());
    expect((await on.sandbox.exec(container.id, "cat", "/data/one")).output).toBe("1\n");
  });
});

describe("what is not put back", () => {
  test("a file that is not what was written: nothing is touched", async () => {
    const container = await on.container("changed");
    const { file, context } = await backedUp(execSource(container, "echo rows"));
    await appendFile(file, "more");
    const run = restore.perform(into(execSource(container, "cat >/restored")), context());
    await expect(run).rejects.toMatchObject({
      kind: "needs-a-person",
      message: expect.stringMatching(/is not what dump\.write wrote .*nothing was restored/),
    });
    expect((await on.sandbox.exec(container.id, "cat", "/restored")).exitCode).toBe(1);
  });

  test("a command that fails says why", async () => {
    const container = await on.container("fails");
    const { context } = await backedUp(execSource(container, "echo rows"));
    const run = restore.perform(into(execSource(container, "echo no such table >&2; exit 1")), context());
    await expect(run).rejects.toThrow(/sh in .* exited with 1; its last lines:\n {2}no such table/);
  });
});

test("a restore that was begun before is waited for, then done anew", async () => {
  const container = await on.container("again");
  const { context } = await backedUp(execSource(container, "echo rows"));
  const id = await on.engine.exec.create(container.id, {
    command: ["sh", "-c", "sleep 0.5; echo earlier >>/log"],
  });
  const earlier = on.engine.exec.start(id, {});
  await eventually(async () => expect((await on.engine.exec.inspect(id))?.running).toBe(true));
  const resumedContext = Object.assign(context(), { again: true, notes: { exec: id } });
  await restore.perform(into(execSource(container, "cat >>/log")), resumedContext);
  await earlier;
  expect((await on.sandbox.exec(container.id, "cat", "/log")).output).toBe("earlier\nrows\n");
});
