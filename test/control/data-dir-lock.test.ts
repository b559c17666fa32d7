import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";
import { DataDirLock } from "../../src/control/data-dir-lock.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

function take(directory: string): DataDirLock {
  const lock = DataDirLock.take(directory);
  onTestFinished(() => lock.release());
  return lock;
}

const lockOf = (directory: string) => JSON.parse(readFileSync(join(directory, "lock"), "utf8"));

test("the lock names its process and goes with its release", () => {
  const directory = temporaryDirectory();
  const lock = take(directory);
  expect(lockOf(directory)).toMatchObject({ pid: process.pid });
  lock.release();
  lock.release();
  expect(existsSync(join(directory, "lock"))).toBe(false);
});

test("a directory that a living process holds is refused, with the pid and what to do", () => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "lock"), JSON.stringify({ pid: process.ppid, started: null }));
  const path = join(directory, "lock");
  expect(() => DataDirLock.take(directory)).toThrow(
    expect.objectContaining({
      code: "state_unwritable",
      message:
        `${directory} is in use by the gateway with pid ${process.ppid} (${path}); ` +
        "stop that gateway, or give this one a dataDir of its own",
    }),
  );
  expect(lockOf(directory)).toEqual({ pid: process.ppid, started: null });
});

test.each([
  ["whose process is gone", '{"pid":2147483647,"started":null}'],
  // A container gives the new gateway the number of the killed one.
  ["whose pid belongs to a process that started later", `{"pid":${process.pid},"started":"another boot/1"}`],
  ["that a power cut left empty", ""],
  ["that is no lock", '{"pid":"all of them"}'],
])("a lock %s is taken over", (_title, left) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, "lock"), left);
  take(directory);
  expect(lockOf(directory)).toMatchObject({ pid: process.pid });
  expect(readdirSync(directory)).toEqual(["lock"]);
});

test("a release leaves the lock of another alone", () => {
  const directory = temporaryDirectory();
  const lock = take(directory);
  writeFileSync(join(directory, "lock"), '{"pid":1,"started":null}');
  lock.release();
  expect(lockOf(directory)).toEqual({ pid: 1, started: null });
});
