import { appendFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { JournalEntry } from "../../../src/upgrade/run/journal-record.ts";
import { JournalFile, readJournal, readShownJournal } from "../../../src/upgrade/run/journal.ts";
import { Redactor } from "../../../src/upgrade/run/redactor.ts";
import { FileVault } from "../../../src/upgrade/run/vault.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { hold, program, replace } from "./support/programs.ts";
import { startedWith } from "./support/run-in-world.ts";

const STARTED = startedWith(program([hold(), replace("app")]));
const INTENT: JournalEntry = { type: "intent", op: "app.stop" };
const DONE: JournalEntry = { type: "done", op: "app.stop", outcome: { wasRunning: true } };

async function parts(path: string) {
  const vault = await FileVault.open(join(dirname(path), "private.json"));
  return { vault, redactor: new Redactor(), clock: new ManualClock() };
}

async function newPath(): Promise<string> {
  return join(await temporaryDirectory(), "upgrades", "20260101-000000-test", "journal.jsonl");
}

async function written(...entries: JournalEntry[]): Promise<string> {
  const path = await newPath();
  const journal = await JournalFile.create(path, await parts(path));
  for (const entry of entries) await journal.append(entry);
  await journal.close();
  return path;
}

async function reread(path: string) {
  const { vault } = await parts(path);
  return (await readJournal(path, vault)).records;
}

test("what is appended is read again, numbered and with its time, by its owner only", async () => {
  const path = await written(STARTED, INTENT, DONE);
  const at = "2026-01-01T00:00:00.000Z";
  expect(await reread(path)).toEqual([
    { seq: 1, at, ...STARTED },
    { seq: 2, at, ...INTENT },
    { seq: 3, at, ...DONE },
  ]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
});

test("records of several at a time stand in the order in which they were given", async () => {
  const path = await newPath();
  const journal = await JournalFile.create(path, await parts(path));
  await Promise.all([journal.append(STARTED), journal.append(INTENT), journal.append(DONE)]);
  await journal.close();
  expect((await reread(path)).map(({ type }) => type)).toEqual(["started", "intent", "done"]);
});

test.each([1, 5, 40])("a last line that was torn %i bytes before its end is cut off", async (missing) => {
  const path = await written(STARTED, INTENT, DONE);
  truncateSync(path, statSync(path).size - missing);
  const { journal, records } = await JournalFile.reopen(path, await parts(path));
  expect(records.map(({ type }) => type)).toEqual(["started", "intent"]);
  await journal.append(DONE);
  await journal.close();
  expect((await reread(path)).map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    "1 started",
    "2 intent",
    "3 done",
  ]);
});

test("a torn end in the middle of a letter, or of nothing but zeros, is cut off as well", async () => {
  for (const torn of [Buffer.from([0x7b, 0xe2, 0x82]), Buffer.alloc(64), Buffer.from("\0\0\0\n")]) {
    const path = await written(STARTED, INTENT);
    appendFileSync(path, torn);
    const { journal, records } = await JournalFile.reopen(path, await parts(path));
    await journal.close();
    expect(records).toHaveLength(2);
    expect(readFileSync(path, "utf8").endsWith('"app.stop"}\n')).toBe(true);
  }
});

test.each([
  ["that is no JSON", "{", "line 2"],
  ["of a type that nobody writes", '{"seq":2,"at":"","type":"guess"}', "line 2"],
  ["with a key too many", '{"seq":2,"at":"","type":"intent","op":"a","also":1}', "line 2"],
  ["with another number", '{"seq":7,"at":"","type":"intent","op":"a"}', "line 2 has the number 7"],
])("a line %s before the last one is an error, and the file stays as it is", async (_title, line, place) => {
  const path = await written(STARTED);
  appendFileSync(path, `${line}\n${JSON.stringify({ seq: 3, at: "", ...INTENT })}\n`);
  const before = readFileSync(path);
  await expect(JournalFile.reopen(path, await parts(path))).rejects.toThrow(
    expect.objectContaining({ name: "JournalDamaged", message: expect.stringContaining(place) }),
  );
  expect(readFileSync(path)).toEqual(before);
});

test("a secret stands in the vault, and the run that goes on has the record as it was", async () => {
  const path = await newPath();
  const files = await parts(path);
  // Also where it is part of what the record is read by.
  for (const secret of ["app.", "hunter2!"]) files.redactor.learn(secret);
  const journal = await JournalFile.create(path, files);
  await journal.append(STARTED);
  await journal.append(INTENT);
  await journal.append({ type: "done", op: "app.stop", outcome: { said: "hunter2! it was" } });
  await journal.close();
  expect(readFileSync(path, "utf8")).not.toMatch(/hunter2|app\.stop/);
  expect((await reread(path))[2]).toMatchObject({ op: "app.stop", outcome: { said: "hunter2! it was" } });
  expect((await readShownJournal(path))[2]).toMatchObject({ op: "***stop", outcome: { said: "*** it was" } });
  expect(statSync(join(dirname(path), "private.json")).mode & 0o777).toBe(0o600);
});

test("a record whose secret part is lost is an error, not a guess", async () => {
  const path = await newPath();
  const files = await parts(path);
  files.redactor.learn("hunter2!");
  const journal = await JournalFile.create(path, files);
  await journal.append(STARTED);
  await journal.append({ type: "done", op: "a", outcome: { said: "hunter2!" } });
  await journal.close();
  writeFileSync(join(dirname(path), "private.json"), '{"version":1,"entries":{}}');
  await expect(reread(path)).rejects.toThrow("line 2: what was taken out of it is not in private.json");
});

test("after a write that failed nothing is written any more", async () => {
  const path = await newPath();
  const files = await parts(path);
  files.redactor.learn("hunter2!");
  const journal = await JournalFile.create(path, files);
  await journal.append(STARTED);
  const broken = { put: () => Promise.reject(new Error("disk full")), get: async () => undefined };
  const failing = await JournalFile.create(`${path}.2`, { ...files, vault: broken });
  await expect(failing.append({ type: "skipped", step: "a", why: "hunter2!" })).rejects.toThrow("disk full");
  await expect(failing.append(INTENT)).rejects.toThrow("disk full");
  await journal.close();
  await failing.close();
  expect(readFileSync(`${path}.2`, "utf8")).toBe("");
});

test("a journal is never begun over another", async () => {
  const path = await written(STARTED);
  await expect(JournalFile.create(path, await parts(path))).rejects.toThrow("EEXIST");
});

test("a vault that cannot be read is an error that shows nothing of it, and is left as it is", async () => {
  const path = join(await temporaryDirectory(), "private.json");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{"version":1,"entries":{"a":"hunter2"}}');
  const error = await FileVault.open(path).catch((caught: unknown) => caught);
  expect(String(error)).toContain("it is not what a runner has written");
  expect(String(error)).not.toContain("hunter2");
  expect(readFileSync(path, "utf8")).toContain("hunter2");
});

test("a vault gives back what was put into it, also to the next runner", async () => {
  const path = join(await temporaryDirectory(), "private.json");
  const vault = await FileVault.open(path);
  await Promise.all([vault.put("spec.a", { Env: ["A=1"] }), vault.put("spec.b", { Env: [] })]);
  await vault.put("spec.a", { Env: ["A=2"] });
  const next = await FileVault.open(path);
  expect(await next.get("spec.a")).toEqual({ Env: ["A=2"] });
  expect(await next.get("spec.b")).toEqual({ Env: [] });
  expect(await next.get("spec.c")).toBeUndefined();
});
