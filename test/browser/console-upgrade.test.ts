// An upgrade by a real runner, watched and answered in the console; and the console when things around it fail.

import type { Browser } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../examples/demo/free-port.ts";
import { upgradesAnswer } from "../../src/admin/schemas/upgrade-schemas.ts";
import { eventually } from "../support/eventually.ts";
import { startRunner } from "../support/upgrade/start-runner.ts";
import { ask, type ConsoleStage, openConsole, useConsole } from "./support/console-stage.ts";

const opened = useConsole();

let browser: Browser;
let stage: ConsoleStage;

beforeEach(() => {
  ({ browser, stage } = opened());
});

/** Starts the new version as a process of the runner's, asks, and cuts over. */
const plan = (port: number) => `
name: chat-2
service: chat
targets:
  app:
    process:
      command: ["${process.execPath}", -e, "require('http').createServer((q, r) => r.end('new')).listen(${port}, '127.0.0.1')"]
      url: http://127.0.0.1:${port}
steps:
  - start: app
  - healthy: { http: "http://127.0.0.1:${port}/", interval: 50ms, timeout: 20s }
  - confirm: { prompt: "Does <b>the new one</b> look good?" }
  - candidate: { upstream: new, url: "http://127.0.0.1:${port}", waitHealthy: 20s }
  - cutover: { to: new }
`;

const WAITING = "name: pause\nservice: chat\nsteps:\n  - confirm: { prompt: Go on? }\n";

const runs = async () => upgradesAnswer.parse((await stage.call("GET", "/admin/upgrades")).body).upgrades;

describe("an upgrade in the console", { timeout: 60_000 }, () => {
  test("is seen step by step, waits for an answer, is kept, and can be undone", async () => {
    await startRunner(stage.dir);
    const { tab } = await openConsole(browser, stage);
    await tab.getByText("A runner is connected").waitFor();
    const port = await freePort("127.0.0.1", 0);
    expect((await stage.call("POST", "/admin/upgrades", { plan: plan(port) })).status).toBe(202);
    await tab.locator(".run-current .pill", { hasText: "Waits for you" }).waitFor();
    await tab.locator(".run-step", { hasText: "Does <b>the new one</b> look good?" }).waitFor();
    const states = await tab.locator(".run-current .step-state").allInnerTexts();
    expect(states.map((state) => state.split(",")[0])).toEqual([
      "done",
      "done",
      "running",
      "pending",
      "pending",
    ]);
    expect(await tab.locator(".run-current progress").getAttribute("aria-label")).toBe(
      "Progress of the upgrade",
    );
    expect(await tab.locator(".log").innerText()).toMatch(/\d\d:\d\d:\d\d .+: /);
    await (await ask(tab, "Continue")).confirm();
    await tab.locator(".runs .pill", { hasText: "Kept" }).waitFor();
    await tab.locator('[data-slot="active"]', { hasText: "new" }).waitFor();
    await tab.getByText("upgrade finished").waitFor();
    await tab.locator(".runs summary").click();
    expect(await tab.locator(".runs .step").count()).toBe(5);
    await (await ask(tab, "Roll back", tab.locator(".runs"))).confirm();
    await tab.locator(".runs .pill", { hasText: "Rolled back" }).waitFor();
    await tab.locator('[data-slot="active"]', { hasText: "blue" }).waitFor();
  });

  test("is cancelled by a button, which says so when there is nothing left to cancel", async () => {
    const runner = await startRunner(stage.dir);
    const { tab, complaints } = await openConsole(browser, stage);
    await stage.call("POST", "/admin/upgrades", { plan: WAITING });
    await tab.locator(".run-current .pill", { hasText: "Waits for you" }).waitFor();
    const cancel = await ask(tab, "Cancel");
    const [run] = await runs();
    await stage.call("POST", `/admin/upgrades/${run?.id}/cancel`);
    await eventually(async () => expect((await runs())[0]?.state).toBe("rolled_back"));
    await tab.getByRole("dialog").locator("[type=submit]").click();
    await eventually(async () => expect(await cancel.problem()).toContain("upgrade_not_running"));
    expect(complaints.splice(0)).toEqual([expect.stringContaining("status of 409")]);
    await runner.end("SIGTERM");
  });

  test("that nobody carries out any more is said to stand still, until somebody does", async () => {
    const runner = await startRunner(stage.dir);
    const { tab } = await openConsole(browser, stage);
    await stage.call("POST", "/admin/upgrades", { plan: WAITING });
    await tab.locator(".run-current .pill", { hasText: "Waits for you" }).waitFor();
    await runner.end("SIGKILL");
    await tab.locator(".run-current .lost", { hasText: "No runner is connected" }).waitFor();
    await startRunner(stage.dir);
    await tab.locator(".run-current .lost").waitFor({ state: "hidden" });
    await (await ask(tab, "Continue")).confirm();
    await tab.locator(".run-current .run").waitFor({ state: "hidden" });
  });
});
