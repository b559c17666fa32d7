import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { backup } from "../../../src/upgrade/operations/backup.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { resumed } from "../../support/upgrade/perform-context.ts";
import { backupOf, execSource, runLike, verifiedBy } from "./backup-operation.ts";
import { onEngine, shellChange } from "./on-engine.ts";

const on = onEngine("backup");
/** 4 MiB of every byte there is. */
const BINARY = `awk 'BEGIN { for (i = 0; i < 256; i++) printf "%c", i }' >/tmp/b; i=0; while [ $i -lt 64 ]; do
  dd if=/dev/urandom bs=64k count=1 2>/dev/null; i=$((i+1)); done`;

async function inRun() {
  const directory = await temporaryDirectory();
  return { directory, context: on.context({ run: { directory, planDirectory: directory } }) };
}

function sha256Of(path: string): string {
  return execFileSync("sha256sum", [path], { encoding: "utf8" }).split(" ")[0] ?? "";
}

describe("a backup by exec", () => {
  test("is a file of its own bytes, which only its owner may read, with their sum", async () => {
    const { directory, context } = await inRun();
    const container = await on.container("exec");
    const outcome = await backup.perform(backupOf(execSource(container, BINARY), "backups/a.dump"), context);
    const path = `${directory}/backups/a.dump`;
    expect(outcome).toEqual({ file: path, bytes: 4 * 2 ** 20, sha256: sha256Of(path) });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(`${directory}/backups`)).toEqual(["a.dump"]);
  });

  test("with a failing command leaves nothing, and its words are in the failure", async () => {
    const { directory, context } = await inRun();
    const source = execSource(await on.container("fails"), "echo half; echo cannot connect >&2; exit 2");
    const run = backup.perform(backupOf(source, "a.dump"), context);
    await expect(run).rejects.toThrow(/exited with 2; its last lines:\n {2}cannot connect/);
    expect(await readdir(directory)).toEqual([]);
  });

  test("that is smaller than it must be is none", async () => {
    const { directory, context } = await inRun();
    const source = execSource(await on.container("small"), "echo tiny");
    const run = backup.perform(backupOf(source, "a.dump", { minBytes: 1024, gzip: true }), context);
    await expect(run).rejects.toThrow("has 5 bytes, less than the 1KiB");
    expect(await readdir(directory)).toEqual([]);
  });

  test("is given its secrets on the wire, and neither outcome nor notes have them", async () => {
    const { directory } = await inRun();
    const context = on.context({ run: { directory }, secrets: { db: "s3cret-value" } });
    const source = execSource(await on.container("secret"), "echo ${#PGPASSWORD}", {
      PGPASSWORD: "${secrets.db}",
    });
    const outcome = await backup.perform(backupOf(source, "a.dump"), context);
    expect(await readFile(`${directory}/a.dump`, "utf8")).toBe("12\n");
    expect(JSON.stringify([outcome, context.noted, context.lines])).not.toContain("s3cret");
  });
});

describe("other sources", () => {
  test("a one-off's standard output arrives unchanged, and its container is removed", async () => {
    const { directory, context } = await inRun();
    const like = await on.container("like");
    const change = shellChange("printf '\\377\\000\\001'; echo done >&2");
    const source = runLike(on, like, change);
    await backup.perform(backupOf(source, "a.bin", { gzip: true }), context);
    expect([...gunzipSync(await readFile(`${directory}/a.bin`))]).toEqual([255, 0, 1]);
    expect(context.lines).toEqual(["done"]);
    expect(
      await on.engine.containers.list({ name: `${like.name}.holdgate-dump-write-${on.sandbox.prefix}` }),
    ).toEqual([]);
  });

  test("a path of a stopped container is a tar of it", async () => {
    const { directory, context } = await inRun();
    const container = await on.container("path", "mkdir -p /data/sub; echo 1 >/data/sub/one");
    await on.engine.containers.wait(container.id);
    await backup.perform(backupOf({ kind: "path", container, path: "/data" }, "a.tar"), context);
    const listed = execFileSync("tar", ["-tf", `${directory}/a.tar`], { encoding: "utf8" });
    expect(listed.split("\n")).toContain("data/sub/one");
    const missing = backup.perform(backupOf({ kind: "path", container, path: "/nowhere" }, "b.tar"), context);
    await expect(missing).rejects.toThrow(`there is no /nowhere in ${container.name}`);
  });

  test("files of the runner's machine are a tar with their modes; one that is missing fails it", async () => {
    const { directory, context } = await inRun();
    await mkdir(`${directory}/secrets`);
    await writeFile(`${directory}/secrets/key`, "k", { mode: 0o640 });
    await backup.perform(backupOf({ kind: "files", paths: ["secrets"] }, "a.tar"), context);
    const listed = execFileSync("tar", ["-tvf", `${directory}/a.tar`], { encoding: "utf8" });
    expect(listed).toMatch(/-rw-r-----.*secrets\/key/);
    const missing = backup.perform(backupOf({ kind: "files", paths: ["secrets", "none"] }, "b.tar"), context);
    await expect(missing).rejects.toThrow(/tar of secrets, none exited with 2.*none/s);
  });
});

describe("a verified backup", () => {
  const accepting = verifiedBy("grep -q whole");

  test("is read from the disk, unpacked, by a command that accepts it", async () => {
    const { context } = await inRun();
    const source = execSource(await on.container("whole"), "echo whole");
    await backup.perform(backupOf(source, "a.dump", { gzip: true, verify: accepting }), context);
  });

  test("that its command does not accept does not exist", async () => {
    const { directory, context } = await inRun();
    const source = execSource(await on.container("corrupt"), "echo corrupt");
    const verify = verifiedBy("echo bad header >&2; exit 1");
    const run = backup.perform(backupOf(source, "a.dump", { verify }), context);
    await expect(run).rejects.toThrow(/sh did not accept the backup \(exit code 1\).*bad header/s);
    expect(await readdir(directory)).toEqual([]);
  });

  test("may be read by a command in a container, which need not read all of it", async () => {
    const { context } = await inRun();
    const container = await on.container("verify");
    const command = ["sh", "-c", "head -c 5 | grep -q whole"];
    const source = execSource(container, `echo whole; ${BINARY}`);
    const verify = { kind: "exec", container, command } as const;
    await backup.perform(backupOf(source, "a.dump", { verify }), context);
    const strict = { ...verify, command: ["sh", "-c", "exit 3"] };
    const run = backup.perform(backupOf(source, "b.dump", { verify: strict }), context);
    await expect(run).rejects.toThrow(`sh in ${container.name} did not accept the backup (exit code 3)`);
  });
});

describe("what is there already", () => {
  test("a file of that name is never overwritten", async () => {
    const { directory, context } = await inRun();
    await writeFile(`${directory}/a.dump`, "precious");
    const run = backup.perform(
      backupOf(execSource(await on.container("keep"), "echo new"), "a.dump"),
      context,
    );
    await expect(run).rejects.toThrow("a backup never overwrites one");
    expect(await readFile(`${directory}/a.dump`, "utf8")).toBe("precious");
  });

  test("the part that a killed attempt left is discarded, and a finished file is taken as it is", async () => {
    const { directory, context } = await inRun();
    await writeFile(`${directory}/a.dump.partial`, "half");
    const operation = backupOf(
      execSource(await on.container("again"), "cat /proc/sys/kernel/random/uuid"),
      "a.dump",
    );
    const first = await backup.perform(operation, resumed(context));
    expect(await backup.perform(operation, resumed(context))).toEqual(first);
    await writeFile(`${directory}/a.dump`, "changed");
    await expect(backup.perform(operation, resumed(context))).rejects.toThrow(
      "a backup never overwrites one",
    );
  });
});

test("a full disk fails the backup, says so, and leaves nothing behind", async ({ skip }) => {
  const directory = await temporaryDirectory();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory], { stdio: "ignore" });
  } catch {
    skip("a small disk cannot be mounted here");
  }
  onTestFinished(() => void execFileSync("umount", [directory]));
  const context = on.context({ run: { directory } });
  const operation = backupOf(execSource(await on.container("full"), BINARY), "a.dump");
  await expect(backup.perform(operation, context)).rejects.toThrow(/the disk is full: .*a\.dump.*make room/);
  expect(await readdir(directory)).toEqual([]);
});
