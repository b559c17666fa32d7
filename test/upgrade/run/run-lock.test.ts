import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ownIdentity, processSpace } from "../../../src/lib/process-identity.ts";
import { RunLock } from "../../../src/upgrade/run/run-lock.ts";
import type { LockOrder, LockOutcome } from "../../../src/upgrade/run/run-lock.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const NEVER = (): boolean => false;

async function take(order: Partial<LockOrder> & { directory: string }): Promise<LockOutcome> {
  const defaults = { service: "chat", run: "one", clock: new ManualClock(), mayTakeOver: NEVER };
  const outcome = await RunLock.take({ ...defaults, ...order });
  if (outcome.kind === "held") onTestFinished(() => outcome.lock.release());
  return outcome;
}

/** A process that tries to take the lock. */
function child(directory: string, run: string, takesOver: boolean): ChildProcess {
  const program = join(import.meta.dirname, "lock-child.ts");
  const args = [program, directory, run, takesOver ? "takes-over" : ""];
  const started = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(() => void started.kill("SIGKILL"));
  return started;
}

async function said(started: ChildProcess): Promise<string> {
  const [chunk] = await once(started.stdout ?? started, "data");
  return String(chunk).trim();
}

async function killed(started: ChildProcess): Promise<void> {
  started.kill("SIGKILL");
  await once(started, "exit");
}

const pathIn = (directory: string): string => join(directory, "chat.json");

test("a service that a living process has is locked, for a resume too", async () => {
  const directory = await temporaryDirectory();
  const holder = child(directory, "one", false);
  expect(await said(holder)).toBe("held");
  const outcome = await take({ directory, run: "two", mayTakeOver: () => true });
  expect(outcome).toMatchObject({ kind: "locked", isAlive: true, holder: { run: "one", pid: holder.pid } });
});

test("the lock of a killed process stays one for a new run, and is taken over by who may", async () => {
  const directory = await temporaryDirectory();
  const holder = child(directory, "one", false);
  await said(holder);
  await killed(holder);
  expect(await take({ directory, run: "two" })).toMatchObject({ kind: "locked", isAlive: false });
  const outcome = await take({ directory, run: "one", mayTakeOver: ({ run }) => run === "one" });
  expect(outcome.kind).toBe("held");
  expect(readdirSync(directory)).toEqual(["chat.json"]);
});

test("of several processes that take over the same stale lock, exactly one has it", async () => {
  const directory = await temporaryDirectory();
  const left = { run: "one", pid: 2 ** 30, started: null, host: processSpace() };
  for (let round = 0; round < 3; round += 1) {
    writeFileSync(pathIn(directory), JSON.stringify(left));
    const rivals = Array.from({ length: 4 }, () => child(directory, "one", true));
    const outcomes = await Promise.all(rivals.map(said));
    expect(outcomes.toSorted()).toEqual(["held", "locked", "locked", "locked"]);
    await Promise.all(rivals.map(killed));
  }
});

test("a holder on another machine lives as long as it is heard of", async () => {
  const directory = await temporaryDirectory();
  const clock = new ManualClock();
  const other = { run: "one", ...ownIdentity(), host: "elsewhere/pid:[1]" };
  writeFileSync(pathIn(directory), JSON.stringify(other));
  const heardOf = (msAgo: number): void => {
    const seconds = (clock.wall() - msAgo) / 1000;
    utimesSync(pathIn(directory), seconds, seconds);
  };
  heardOf(14_000);
  expect(await take({ directory, clock, mayTakeOver: () => true })).toMatchObject({ isAlive: true });
  heardOf(16_000);
  expect(await take({ directory, clock })).toMatchObject({ kind: "locked", isAlive: false });
  expect(await take({ directory, clock, mayTakeOver: () => true })).toMatchObject({ kind: "held" });
});

test("a holder is heard of every two seconds, and hears when it has lost its lock", async () => {
  const directory = await temporaryDirectory();
  const clock = new ManualClock();
  let lost = 0;
  await take({ directory, clock, onLost: () => void (lost += 1) });
  const before = clock.wall();
  clock.advance(2000);
  await eventually(() => expect(clock.pendingTimers).toBe(1));
  const { mtimeMs } = statSync(pathIn(directory));
  expect(Math.round(mtimeMs)).toBe(before + 2000);
  writeFileSync(pathIn(directory), JSON.stringify({ run: "two", ...ownIdentity(), host: processSpace() }));
  clock.advance(2000);
  expect(lost).toBe(1);
  expect(clock.pendingTimers).toBe(0);
});

test("a release leaves the lock of another alone, and may be given twice", async () => {
  const directory = await temporaryDirectory();
  const outcome = await take({ directory });
  if (outcome.kind !== "held") throw new Error("it was free");
  writeFileSync(pathIn(directory), "another's");
  await outcome.lock.release();
  await outcome.lock.release();
  expect(readFileSync(pathIn(directory), "utf8")).toBe("another's");
});

test("a lock that a power cut left empty is nobody's; services have locks of their own", async () => {
  const directory = await temporaryDirectory();
  writeFileSync(pathIn(directory), "");
  expect((await take({ directory })).kind).toBe("held");
  expect((await take({ directory, service: "other/../service" })).kind).toBe("held");
  expect(readdirSync(directory)).toHaveLength(2);
});
