import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";
import { AuditLog } from "../../src/control/audit-log.ts";
import type { AuditEntry, AuditLogBounds, AuditLogOptions } from "../../src/control/audit-log.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const entry = (version: number): AuditEntry => ({
  at: "2026-01-01T00:00:00.000Z",
  actor: "ops",
  from: "127.0.0.1",
  action: "release",
  service: "chat",
  outcome: "done",
  version,
  parameters: {},
});

async function opened(
  directory: string,
  bounds?: AuditLogBounds,
  options?: AuditLogOptions,
): Promise<AuditLog> {
  const log = await AuditLog.open(directory, bounds, options);
  onTestFinished(() => log.close().catch(() => {}));
  return log;
}

const versions = (entries: AuditEntry[]) => entries.map(({ version }) => version);

test("each entry is a line of JSON in a file that only its owner can read", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory);
  await log.append(entry(1));
  await log.append({ ...entry(2), outcome: "refused", code: "not_healthy" });
  const file = join(directory, "audit.jsonl");
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    entry(1),
    { ...entry(2), outcome: "refused", code: "not_healthy" },
  ]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("the newest entries can be asked for, after a restart too", async () => {
  const directory = temporaryDirectory();
  const before = await opened(directory);
  await Promise.all([1, 2, 3].map((version) => before.append(entry(version))));
  await before.close();
  const log = await opened(directory);
  await log.append(entry(4));
  expect(versions(await log.recent(3))).toEqual([2, 3, 4]);
  expect(versions(await log.recent(0))).toEqual([]);
});

test("a line that a crash cut short costs nothing but itself", async () => {
  const directory = temporaryDirectory();
  const before = await opened(directory);
  await before.append(entry(1));
  await before.close();
  appendFileSync(join(directory, "audit.jsonl"), '{"at":"2026-');
  const log = await opened(directory);
  await log.append(entry(2));
  expect(versions(await log.recent(10))).toEqual([1, 2]);
});

const LINE_BYTES = JSON.stringify(entry(1)).length + 1;

test("full files are set aside, the oldest goes, and what is in them can still be asked for", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory, { maxBytes: 2 * LINE_BYTES, files: 2 });
  for (const version of [1, 2, 3, 4, 5, 6, 7]) await log.append(entry(version));
  expect(readdirSync(directory).toSorted()).toEqual(["audit.1.jsonl", "audit.2.jsonl", "audit.jsonl"]);
  expect(readFileSync(join(directory, "audit.2.jsonl"))).toHaveLength(2 * LINE_BYTES);
  expect(readFileSync(join(directory, "audit.jsonl"))).toHaveLength(LINE_BYTES);
  expect(versions(await log.recent(10))).toEqual([3, 4, 5, 6, 7]);
  expect(versions(await log.recent(4))).toEqual([4, 5, 6, 7]);
});

test("a full file that somebody has moved away is not missed", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory, { maxBytes: LINE_BYTES, files: 2 });
  await log.append(entry(1));
  await log.append(entry(2));
  rmSync(join(directory, "audit.1.jsonl"));
  await log.append(entry(3));
  await log.append(entry(4));
  expect(versions(await log.recent(10))).toEqual([2, 3, 4]);
});

test("entries of one actor or of one action can be asked for, over all files", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory, { maxBytes: 2 * LINE_BYTES, files: 5 });
  for (const version of [1, 2, 3, 4, 5, 6]) {
    await log.append({ ...entry(version), actor: version % 3 === 0 ? "eve" : "ops" });
  }
  await log.append({ ...entry(7), action: "cutover" });
  expect(versions(await log.recent(10, { actor: "eve" }))).toEqual([3, 6]);
  expect(versions(await log.recent(2, { actor: "ops" }))).toEqual([5, 7]);
  expect(versions(await log.recent(10, { actor: "ops", action: "cutover" }))).toEqual([7]);
  expect(versions(await log.recent(10, { action: "hold" }))).toEqual([]);
});

test("a new file that cannot be opened costs no older one, and the entries go where they went before", async () => {
  const directory = temporaryDirectory();
  const warned: string[] = [];
  let isBroken = false;
  const log = await opened(
    directory,
    { maxBytes: LINE_BYTES, files: 2 },
    {
      log: { warn: (_fields, message) => void warned.push(message) },
      openFile: async (...args) => {
        if (isBroken && args[1] === "a+")
          throw Object.assign(new Error("too many files"), { code: "EMFILE" });
        return open(...args);
      },
    },
  );
  for (const version of [1, 2]) await log.append(entry(version));
  isBroken = true;
  for (const version of [3, 4, 5]) await log.append(entry(version));
  expect(versions(await log.recent(10))).toEqual([1, 2, 3, 4, 5]);
  expect(warned[0]).toBe("the full audit log cannot be set aside; it is written on");
  isBroken = false;
  await log.append(entry(6));
  expect(versions(await log.recent(10))).toEqual([1, 2, 3, 4, 5, 6]);
  expect(readFileSync(join(directory, "audit.jsonl"))).toHaveLength(LINE_BYTES);
});

test("a full file that cannot be renamed is written on until it can", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory, { maxBytes: LINE_BYTES, files: 2 });
  mkdirSync(join(directory, "audit.2.jsonl"));
  for (const version of [1, 2, 3, 4]) await log.append(entry(version));
  expect(readFileSync(join(directory, "audit.1.jsonl"))).toHaveLength(LINE_BYTES);
  expect(readFileSync(join(directory, "audit.jsonl"))).toHaveLength(3 * LINE_BYTES);
  rmSync(join(directory, "audit.2.jsonl"), { recursive: true });
  await log.append(entry(5));
  expect(versions(await log.recent(10))).toEqual([1, 2, 3, 4, 5]);
  expect(readFileSync(join(directory, "audit.jsonl"))).toHaveLength(LINE_BYTES);
});

test("a line that a full disk cut short costs nothing but itself", async () => {
  const directory = temporaryDirectory();
  const handle = await open(join(directory, "audit.jsonl"), "a+", 0o600);
  const log = await opened(directory, undefined, { openFile: async () => handle });
  await log.append(entry(1));
  const write = handle.appendFile.bind(handle);
  handle.appendFile = async () => {
    await write('{"at":"2026-');
    throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
  };
  await expect(log.append(entry(2))).rejects.toThrow("no space left");
  handle.appendFile = write;
  await log.append(entry(3));
  await log.close();
  expect(versions(await (await opened(directory)).recent(10))).toEqual([1, 3]);
});

test("what is read is put together again over the pieces in which it is read", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory);
  const long = { ...entry(2), parameters: { reason: "ü".repeat(100_000) } };
  for (const each of [entry(1), long, entry(3)]) await log.append(each);
  for (let version = 4; version <= 2000; version++) void log.append(entry(version));
  const found = await log.recent(5000);
  expect(versions(found)).toEqual(Array.from({ length: 2000 }, (_, at) => at + 1));
  expect(found[1]).toEqual(long);
});

test("an append does not wait for somebody who reads, nor does it confuse them", async () => {
  const directory = temporaryDirectory();
  const log = await opened(directory, { maxBytes: 500 * LINE_BYTES, files: 5 });
  for (let version = 1; version <= 900; version++) await log.append(entry(version));
  const finished: string[] = [];
  const read = log.recent(10, { actor: "nobody" }).then(() => finished.push("read"));
  const whole = log.recent(1000);
  await log.append(entry(901));
  finished.push("append");
  for (let version = 902; version <= 1100; version++) await log.append(entry(version));
  await read;
  expect(finished).toEqual(["append", "read"]);
  const seen = versions(await whole);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(new Set(seen).size).toBe(seen.length);
});
