// The pictures of the README, taken of a real gateway under load while a real runner upgrades the app behind it. They are
// written with HOLDGATE_PICTURES=1 only; otherwise this shows, in a few seconds, that they can be taken.

import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { freePort } from "../../examples/demo/free-port.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { startRunner } from "../support/upgrade/start-runner.ts";
import { type ConsoleStage, openConsole, useConsole } from "./support/console-stage.ts";

const opened = useConsole();
const isWritten = process.env["HOLDGATE_PICTURES"] === "1";
/** Charts need a while to show something. */
const LOAD_MS = isWritten ? 25_000 : 1_000;
const LARGEST_BYTES = 200_000;

let browser: Browser;
let stage: ConsoleStage;

beforeEach(() => {
  ({ browser, stage } = opened());
});

const plan = (port: number) => `
name: chat 2.1
service: chat
targets:
  app:
    process:
      command: ["${process.execPath}", -e, "require('http').createServer((q, r) => r.end('{\\"version\\":\\"2.1.0\\"}')).listen(${port}, '127.0.0.1')"]
      url: http://127.0.0.1:${port}
steps:
  - start: app
  - healthy: { http: "http://127.0.0.1:${port}/health", interval: 50ms, timeout: 20s }
  - candidate: { upstream: green, url: "http://127.0.0.1:${port}", waitHealthy: 20s }
  - canary: { percent: 20 }
  - confirm: { prompt: "20 % of clients are on 2.1.0 and well. Send everybody?" }
  - cutover: { to: green }
  - stop: app
`;

describe("the pictures of the README", () => {
  test("can be taken, and are small", { timeout: 120_000 }, async () => {
    startLoad();
    const { tab } = await openConsole(browser, stage, {
      colorScheme: "light",
      viewport: { width: 1180, height: 1290 },
    });
    await pass(LOAD_MS);
    await stage.call("POST", "/admin/hold", {});
    await pass(LOAD_MS / 5);
    await stage.call("POST", "/admin/release", {});
    await pass(LOAD_MS);
    await startRunner(stage.dir);
    await stage.call("POST", "/admin/upgrades", { plan: plan(await freePort("127.0.0.1", 0)) });
    await tab.locator(".run-current .pill", { hasText: "Waits for you" }).waitFor();
    await pass(LOAD_MS / 4);
    await take(tab, "console");

    const expectedEnd = new Date(systemClock.wall() + 12 * 60_000).toISOString();
    const message =
      "We are moving to version 2.1. Your messages are safe, and this page goes away by itself.";
    await stage.call("POST", "/admin/maintenance", { message, expectedEnd });
    const page = await tab.context().newPage();
    await page.setViewportSize({ width: 1180, height: 640 });
    await page.goto(stage.publicUrl());
    await page.locator("#left:visible").waitFor();
    await page.locator("#run:visible").waitFor();
    await take(page, "maintenance-page");
  });
});

async function take(tab: Page, name: string): Promise<void> {
  const picture = await tab.screenshot({ type: "png", animations: "disabled" });
  expect(picture.byteLength).toBeLessThan(LARGEST_BYTES);
  const file = fileURLToPath(new URL(`../../docs/images/${name}.png`, import.meta.url));
  if (isWritten) await writeFile(file, picture);
}

/** Until the end of the test: requests in waves, and WebSockets that stay. */
function startLoad(): void {
  const ended = new AbortController();
  onTestFinished(() => ended.abort());
  const sockets = Array.from({ length: 37 }, () => new WebSocket(stage.publicUrl().replace("http", "ws")));
  for (const socket of sockets) socket.on("error", () => {});
  ended.signal.addEventListener("abort", () => sockets.forEach((socket) => socket.terminate()));
  for (let visitor = 0; visitor < 12; visitor++) void visit(visitor, ended.signal);
}

async function visit(visitor: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await fetch(`${stage.publicUrl()}/rooms/${visitor}`, { signal })
      .then((answer) => answer.text())
      .catch(() => {});
    await pass(20 + 90 * Math.abs(Math.sin(systemClock.now() / 9_000 + visitor / 9)));
  }
}

/** Time is what these pictures are of. */
const pass = (ms: number) => new Promise<void>((resolve) => void systemClock.after(ms, () => resolve()));
