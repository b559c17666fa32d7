import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { watchConfig } from "../../src/config/watch-config.ts";
import type { Timer } from "../../src/lib/clock.ts";
import { ManualClock } from "../support/manual-clock.ts";

/** Tells when a timer is set, so that a test can wait for the file system to speak. */
class HeardClock extends ManualClock {
  #heard: (() => void) | undefined;

  override after(delayMs: number, callback: () => void): Timer {
    const timer = super.after(delayMs, callback);
    this.#heard?.();
    return timer;
  }

  async whenTimerSet(): Promise<void> {
    if (this.pendingTimers > 0) return;
    await new Promise<void>((resolve) => {
      this.#heard = resolve;
    });
  }
}

let folder: string;
let file: string;
let ending: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "holdgate-watch-"));
  file = join(folder, "holdgate.yaml");
  writeFileSync(file, "version one");
  ending = new AbortController();
});

afterEach(() => {
  ending.abort();
  rmSync(folder, { recursive: true });
});

function watched(path = file) {
  const clock = new HeardClock();
  const seen = { changes: 0, errors: 0 };
  watchConfig(path, {
    clock,
    signal: ending.signal,
    onChange: () => (seen.changes += 1),
    onError: () => (seen.errors += 1),
  });
  /** Waits for the file system's word, then lets time pass until nothing is pending. */
  const settle = async () => {
    await clock.whenTimerSet();
    while (clock.pendingTimers > 0) clock.advance(100);
  };
  return { clock, seen, settle };
}

describe("a change", () => {
  it("a file that is written in place is one change", async () => {
    const { seen, settle } = watched();
    writeFileSync(file, "version two, longer");
    await settle();
    expect(seen.changes).toBe(1);
  });

  it("a file that is renamed over the old one is a change, the second time too", async () => {
    const { seen, settle } = watched();
    for (const version of ["two", "three"]) {
      writeFileSync(`${file}.new`, `version ${version}, longer`);
      renameSync(`${file}.new`, file);
      await settle();
    }
    expect(seen.changes).toBe(2);
  });

  it("a symlink that leads elsewhere is a change", async () => {
    for (const version of ["one", "two"]) {
      mkdirSync(join(folder, version));
      writeFileSync(join(folder, version, "holdgate.yaml"), `version ${version}`);
    }
    const link = join(folder, "current");
    symlinkSync(join(folder, "one"), link);
    unlinkSync(file);
    symlinkSync(join("current", "holdgate.yaml"), file);
    const { seen, settle } = watched();
    symlinkSync(join(folder, "two"), `${link}.new`);
    renameSync(`${link}.new`, link);
    await settle();
    expect(seen.changes).toBe(1);
  });
});

describe("no change", () => {
  it("a file that is still being written is waited for", async () => {
    const { clock, seen, settle } = watched();
    writeFileSync(file, "half");
    await clock.whenTimerSet();
    clock.advance(100);
    writeFileSync(file, "half and half");
    clock.advance(100);
    expect(seen.changes).toBe(0);
    await settle();
    expect(seen.changes).toBe(1);
  });

  it("a file that is away is no change until it is back", async () => {
    const { seen, settle } = watched();
    unlinkSync(file);
    await settle();
    expect(seen.changes).toBe(0);
    writeFileSync(file, "version two, back");
    await settle();
    expect(seen.changes).toBe(1);
  });

  it("another file in the same directory is no change", async () => {
    const { seen, settle } = watched();
    writeFileSync(join(folder, "access.log"), "a line");
    await settle();
    expect(seen.changes).toBe(0);
  });
});

describe("the end", () => {
  it("nothing is left when the signal ends it", async () => {
    const { clock, seen } = watched();
    writeFileSync(file, "version two");
    await clock.whenTimerSet();
    ending.abort();
    expect(clock.pendingTimers).toBe(0);
    expect(seen.changes).toBe(0);
  });

  it("a directory that cannot be watched is reported, not thrown", () => {
    expect(watched(join(folder, "nowhere", "holdgate.yaml")).seen.errors).toBe(1);
  });
});
