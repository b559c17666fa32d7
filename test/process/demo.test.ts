// What a new user runs first.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { readTree } from "../support/read-tree.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const DEMO = fileURLToPath(new URL("../../examples/demo/demo.ts", import.meta.url));

it("the demo upgrades the app in place and blue/green, loses nothing either time, and leaves nothing behind", async () => {
  const cwd = await temporaryDirectory();
  const child = spawn(process.execPath, [DEMO, "--once", "--port", "0", "--admin-port", "0"], {
    cwd,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGTERM"));
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  expect(printed).toContain("In place, under a hold: 1.0.0 → 2.0.0");
  expect(printed).toContain("Blue/green: 2.0.0 → 1.0.0");
  expect(printed.match(/lost: .*/g)).toEqual(["lost: nothing", "lost: nothing"]);
  expect(code).toBe(0);
  const [url = ""] = printed.match(/http:\/\/localhost:\d+/) ?? [];
  await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
  expect(await readTree(cwd)).toEqual({});
}, 90_000);
