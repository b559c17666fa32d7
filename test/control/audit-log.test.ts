import { appendFileSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";
import { AuditLog } from "../../src/control/audit-log.ts";
import type { AuditEntry, AuditLogBounds } from "../../src/control/audit-log.ts";
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

async function opened(directory: string, bounds?: AuditLogBounds): Promise<AuditLog> {
  const log = await AuditLog.open(directory, bounds);
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
