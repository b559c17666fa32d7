// kill -9 of a runner that is a process of its own, at every record of its journal.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const RUN = "20260101-000000-test";
const MOST_RECORDS = 60;
/** Compiling the program takes most of so short a life. */
const COMPILED = mkdtempSync(join(tmpdir(), "hg-compiled-"));

afterAll(() => rmSync(COMPILED, { recursive: true, force: true }));

async function runner(directory: string, way: "run" | "resume", killAt: number, run = RUN) {
  const program = join(import.meta.dirname, "run", "kill-child.ts");
  const args = [program, directory, way, run, String(killAt)];
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said, [code, signal]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return { said, code, signal };
}

test("a runner that is killed at any record is resumed to the end, and nothing is done twice", async () => {
  let killed = 0;
  for (let at = 1; at <= MOST_RECORDS; at += 1) {
    const directory = await temporaryDirectory();
    const first = await runner(directory, "run", at);
    if (first.signal === null) break;
    expect(first.signal).toBe("SIGKILL");
    killed += 1;
    if (at % 5 === 1 && !isOver(directory)) await expectRefused(directory);
    const { said } = await runner(directory, "resume", 0);
    expect(JSON.parse(said)).toMatchObject({ state: "rolled_back", exitCode: 10 });
    const world = JSON.parse(readFileSync(join(directory, "world.json"), "utf8"));
    expect(world).toMatchObject({ running: ["old-app"], worked: [["once.work", 1]], mode: { name: "open" } });
  }
  expect(killed).toBeGreaterThan(20);
}, 240_000);

/** Neither another run nor the same order, given again, gets in its way. */
async function expectRefused(directory: string): Promise<void> {
  for (const run of [RUN, "20260102-000000-test"]) {
    const { said } = await runner(directory, "run", 0, run);
    expect(JSON.parse(said)).toMatchObject({ state: "refused", exitCode: 40 });
  }
}

/** It was killed behind its last record. */
function isOver(directory: string): boolean {
  return readFileSync(join(directory, "upgrades", RUN, "journal.jsonl"), "utf8").includes(
    '"type":"finished"',
  );
}
