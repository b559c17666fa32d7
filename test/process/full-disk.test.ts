// A disk without space under a log: it may cost the log, never the traffic, and never the way out.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { runHoldgate } from "../support/run-holdgate.ts";
import { startApp } from "../support/start-app.ts";
import { startHoldgate } from "../support/start-holdgate.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const FULL = "/dev/full";
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

beforeEach(({ skip }) => skip(!existsSync(FULL), `there is no ${FULL}`));

const chatOf = (url: string): string => `services: { chat: { upstreams: { blue: "${url}" } } }\n`;

it("an access log that cannot be written keeps no request from its answer, and the gateway ends when told", async () => {
  const dir = await temporaryDirectory();
  const gateway = await startHoldgate(dir, `accessLog: ${FULL}\n${chatOf(await startApp("the app"))}`);
  onTestFinished(() => void gateway.end("SIGKILL"));
  for (let request = 0; request < 20; request += 1) {
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/`);
    expect(await answer.text()).toBe("the app");
  }
  expect(await gateway.end("SIGTERM")).toBe(0);
});

it("a gateway whose own log cannot be written starts, serves and ends all the same", async () => {
  const dir = await temporaryDirectory();
  const yaml = `listen: 127.0.0.1:0\nadmin: { listen: "127.0.0.1:0" }\ndataDir: ${dir}/data\n${chatOf(await startApp("the app"))}`;
  await writeFile(join(dir, "own.yaml"), yaml);
  const full = openSync(FULL, "w");
  const child = spawn(process.execPath, [MAIN, "run", "--config", "own.yaml"], {
    cwd: dir,
    stdio: ["ignore", full, "inherit"],
  });
  closeSync(full);
  onTestFinished(() => void child.kill("SIGKILL"));
  await eventually(async () => {
    const status = await runHoldgate(["status", "--config", "own.yaml"], { cwd: dir });
    expect(status.stdout).toMatch(/^Holdgate /);
  });
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});
