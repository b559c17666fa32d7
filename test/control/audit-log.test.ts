import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, expect, test } from "vitest";
import { AuditLog } from "../../src/control/audit-log.ts";
import type { AuditEntry } from "../../src/control/audit-log.ts";
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

async function opened(directory: string, maxBytes?: number): Promise<AuditLog> {
  const log = await AuditLog.open(directory, maxBytes);
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

test("a full file is set aside once, and what is in it can still be asked for", async () => {
  const directory = temporaryDirectory();
  const lineBytes = JSON.stringify(entry(1)).length + 1;
  const log = await opened(directory, 2 * lineBytes);
  for (const version of [1, 2, 3, 4, 5]) await log.append(entry(version));
  expect(readFileSync(join(directory, "audit.1.jsonl"))).toHaveLength(2 * lineBytes);
  expect(readFileSync(join(directory, "audit.jsonl"))).toHaveLength(lineBytes);
  expect(versions(await log.recent(10))).toEqual([3, 4, 5]);
});
