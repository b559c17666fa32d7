// The console in a real browser, on a real gateway: who gets in, and what its buttons do.

import { connect, createServer } from "node:net";
import type { Browser } from "playwright-core";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { listen } from "../support/listen.ts";
import {
  ask,
  type ConsoleStage,
  logIn,
  openConsole,
  useConsole,
  openTab,
  reload,
} from "./support/console-stage.ts";

const opened = useConsole();

let browser: Browser;
let stage: ConsoleStage;

beforeEach(() => {
  ({ browser, stage } = opened());
});

const service = async () => {
  const { body } = await stage.call("GET", "/admin/status");
  const [first] = Array.isArray(body["services"]) ? body["services"] : [];
  return first;
};

describe("logging in to the console", () => {
  test("says clearly that a token is wrong, and takes the right one", async () => {
    const { tab, complaints } = await openTab(browser, stage);
    await logIn(tab, "holdgate_wrong");
    await tab.getByRole("alert").filter({ hasText: "The gateway does not know this token." }).waitFor();
    // The browser itself notes the 401.
    expect(complaints.splice(0)).toEqual([expect.stringContaining("status of 401")]);
    await logIn(tab, stage.token);
    await tab.getByRole("heading", { name: "chat" }).waitFor();
    expect(tab.url()).toBe(stage.consoleUrl());
  });

  test("lasts over a reload, until somebody logs out, and in this tab only", async () => {
    const { tab } = await openConsole(browser, stage);
    await reload(tab);
    await tab.getByRole("heading", { name: "chat" }).waitFor();
    const other = await tab.context().newPage();
    await other.goto(stage.consoleUrl());
    await other.getByLabel("Token").waitFor();
    await tab.getByRole("button", { name: "Log out" }).click();
    await tab.getByLabel("Token").waitFor();
    await reload(tab);
    await tab.getByLabel("Token").waitFor();
    expect(await tab.evaluate("sessionStorage.length + document.cookie.length")).toBe(0);
  });

  test("with a token that may only look shows everything, and says why the buttons do nothing", async () => {
    const { body } = await stage.call("POST", "/admin/tokens", { name: "wallboard", scope: "read" });
    const { tab } = await openTab(browser, stage);
    await logIn(tab, String(body["token"]));
    await tab.locator(".upstream", { hasText: "1.8.2" }).waitFor();
    const hold = tab.getByRole("button", { name: "Hold", exact: true });
    expect(await hold.isDisabled()).toBe(true);
    expect(await tab.locator(".why").innerText()).toBe(
      "The token wallboard may only look (scope read): changes need one of the scope operate.",
    );
    expect(await hold.getAttribute("aria-describedby")).toBe("why-disabled");
  });

  test("is not asked for where the unix socket was forwarded", async () => {
    const forwarder = createServer((socket) => {
      const onward = connect(stage.adminSocket);
      socket.pipe(onward).pipe(socket);
      socket.on("error", () => onward.destroy()).on("close", () => onward.destroy());
      onward.on("error", () => socket.destroy()).on("close", () => socket.destroy());
    });
    const address = `http://127.0.0.1:${await listen(forwarder)}/`;
    onTestFinished(() => void forwarder.close());
    const { tab } = await openTab(browser, stage, {}, address);
    await (await ask(tab, "Hold")).confirm();
    expect(await service()).toMatchObject({ mode: { name: "hold" } });
    expect(await tab.getByRole("button", { name: "Log out" }).count()).toBe(0);
  });
});

describe("hold and maintenance in the console", () => {
  test("a hold is asked for once; held requests are seen to rise, and to go on with the release", async () => {
    const { tab } = await openConsole(browser, stage);
    const hold = await ask(tab, "Hold");
    expect(await hold.text()).toContain("will wait, in order, instead of going to blue");
    await hold.fill("Lease", "2m");
    expect(await hold.text()).toContain("ends by itself after 2m");
    await hold.confirm();
    await tab.getByText("chat is holding.").waitFor();
    await tab.locator(".pill", { hasText: "Holding" }).waitFor();
    const held = tab.locator(".figures div", { hasText: "held" }).locator("dd");
    const answers = Array.from({ length: 7 }, () => fetch(stage.publicUrl()));
    await eventually(async () => expect(await held.innerText()).toBe("7"));
    expect(await tab.locator(".mode-text").innerText()).toMatch(
      /lease ends in (2m|1m 5\ds), then maintenance/,
    );
    const release = await ask(tab, "Release");
    expect(await release.text()).toContain("7 held requests will go to blue, in order");
    await release.confirm();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(7).fill(200));
    await eventually(async () => expect(await held.innerText()).toBe("0"));
    await tab.locator(".pill", { hasText: "Open" }).waitFor();
  });

  test("maintenance goes on with a message and an end, and off again", async () => {
    const { tab } = await openConsole(browser, stage);
    const on = await ask(tab, "Maintenance on");
    await on.fill("Message for visitors", "Back at eight <b>sharp</b>.");
    await on.fill("Expected end", "soon");
    await on.press("Maintenance on");
    expect(await on.problem()).toContain("Expected end: this is not understood");
    await on.fill("Expected end", "20m");
    await on.confirm();
    await tab.locator(".message", { hasText: "Back at eight <b>sharp</b>." }).waitFor();
    expect(await tab.locator(".mode-text").innerText()).toMatch(/expected to end in (20m|19m \d+s)/);
    expect((await fetch(stage.publicUrl())).status).toBe(503);
    const change = await ask(tab, "Change message");
    await change.fill("Message for visitors", "A little later.");
    await change.confirm();
    await tab.locator(".message", { hasText: "A little later." }).waitFor();
    expect(await tab.locator(".mode-text").innerText()).toMatch(/expected to end in (20m|19m \d+s)/);
    await (await ask(tab, "Maintenance off")).confirm();
    await tab.locator(".pill", { hasText: "Open" }).waitFor();
    expect((await fetch(stage.publicUrl())).status).toBe(200);
  });

  test("maintenance is planned ahead, and the plan is cancelled", async () => {
    const { tab } = await openConsole(browser, stage);
    const plan = await ask(tab, "Plan maintenance");
    await plan.fill("Begins", "3h");
    await plan.fill("Takes", "45m");
    await plan.confirm();
    await tab
      .locator(".notes li", { hasText: /Maintenance is planned for .*, and users are told of it/ })
      .waitFor();
    await (await ask(tab, "Cancel plan")).confirm();
    await tab.locator(".notes li").waitFor({ state: "hidden" });
    expect(await service()).toMatchObject({ window: null });
  });
});

describe("several services in the console", () => {
  test("each has a tab with an address, and is what its buttons act on", async () => {
    const { tab } = await openConsole(browser, stage);
    await stage.addService("wiki");
    await tab.getByRole("link", { name: "wiki" }).click();
    await tab.getByRole("heading", { name: "wiki", exact: true }).waitFor();
    expect(tab.url()).toBe(`${stage.consoleUrl()}#wiki`);
    await (await ask(tab, "Hold")).confirm();
    await tab.locator('.tabs [data-mode="hold"]', { hasText: "wiki" }).waitFor();
    expect(await service()).toMatchObject({ name: "chat", mode: { name: "open" } });
    await reload(tab);
    await tab.getByRole("heading", { name: "wiki", exact: true }).waitFor();
    await tab.getByRole("link", { name: "chat" }).click();
    await tab.getByRole("heading", { name: "chat", exact: true }).waitFor();
    expect(await tab.locator(".pill").first().innerText()).toBe("Open");
  });
});

describe("slots in the console", () => {
  test("candidate, canary, cutover and rollback, each with what it will do", async () => {
    const { tab } = await openConsole(browser, stage);
    await (await ask(tab, "Set candidate")).confirm();
    await tab.locator('[data-slot="candidate"][data-health="healthy"]').waitFor();
    const canary = await ask(tab, "Canary");
    await canary.fill("Percent of clients", "20");
    expect(await canary.text()).toContain("20 % of clients will go to green");
    await canary.confirm();
    await tab.locator(".slot", { hasText: "20 % of clients" }).waitFor();
    const cutover = await ask(tab, "Cut over");
    expect(await cutover.text()).toContain(
      "New requests will go to green (healthy, version 2.0.0) instead of blue",
    );
    await cutover.confirm();
    await tab.getByText("green is active, blue is the way back.").waitFor();
    expect(await (await fetch(stage.publicUrl())).text()).toBe("2.0.0");
    await (await ask(tab, "Roll back")).confirm();
    await tab.locator('[data-slot="active"]', { hasText: "blue" }).waitFor();
    expect(await (await fetch(stage.publicUrl())).text()).toBe("1.8.2");
    await tab
      .locator("section", { has: tab.getByRole("heading", { name: "Audit" }) })
      .getByText("rollback")
      .waitFor();
  });

  test("a cutover to an upstream that is not healthy shows the problem, and can be forced", async () => {
    const { tab, complaints } = await openConsole(browser, stage);
    stage.green.isHealthy = false;
    await (await ask(tab, "Set candidate")).confirm();
    await tab.locator('[data-slot="candidate"][data-health="unhealthy"]').waitFor();
    const cutover = await ask(tab, "Cut over");
    await cutover.press("Cut over");
    await eventually(async () => expect(await cutover.problem()).toContain("not_healthy"));
    expect(complaints.splice(0)).toEqual([expect.stringContaining("status of 409")]);
    await tab.getByLabel("Go on although green is not healthy").check();
    await cutover.confirm();
    expect(await service()).toMatchObject({ slots: { active: "green", previous: "blue" } });
  });

  test("what has changed meanwhile is shown before it is acted on", async () => {
    const { tab, complaints } = await openConsole(browser, stage);
    const hold = await ask(tab, "Hold");
    await stage.call("PUT", "/admin/services/chat/candidate", { upstream: "green" });
    await stage.call("POST", "/admin/services/chat/cutover", {});
    await hold.press("Hold");
    await eventually(async () =>
      expect(await hold.problem()).toContain("It has changed meanwhile, so nothing was done."),
    );
    expect(complaints.splice(0)).toEqual([expect.stringContaining("status of 412")]);
    expect(await service()).toMatchObject({ mode: { name: "open" } });
    expect(await hold.text()).toContain("instead of going to green");
    await hold.confirm();
    expect(await service()).toMatchObject({ mode: { name: "hold" } });
  });
});
