import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";

const VITEST = "node_modules/vitest/vitest.mjs";
const CONFIG = "test/process/closing-line/vitest.config.ts";

it("a run ends with what was left out and why, and with a line of counts in which a broken file is a failure", async () => {
  const child = spawn(process.execPath, [VITEST, "run", "--config", CONFIG], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(stdout.trim().split("\n")).toEqual([
    "left out: 2 tests of outcomes.fixture.ts: there is no browser",
    "2 passed, 2 failed, 2 skipped",
  ]);
  expect(code).toBe(1);
});
