// The console where it is looked at: with other eyes, in the dark, on a telephone, over a line that breaks, and with texts
// that mean no good.

import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { ask, type ConsoleStage, openConsole, useConsole, openTab, reload } from "./support/console-stage.ts";

const opened = useConsole();

let browser: Browser;
let stage: ConsoleStage;
let axe: string;

beforeAll(async () => {
  axe = await readFile(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
});
beforeEach(() => {
  ({ browser, stage } = opened());
});

/** What axe-core finds wrong, as `rule: where`. */
async function offences(tab: Page): Promise<string[]> {
  await tab.evaluate(axe);
  return tab.evaluate(
    `axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target }) => id + " (" + impact + "): " + target.join(" "))))`,
  );
}

const TELEPHONE = { viewport: { width: 360, height: 740 }, hasTouch: true } as const;

describe("the console for everybody", { timeout: 60_000 }, () => {
  test.each([
    ["in light", { colorScheme: "light" }],
    ["in the dark", { colorScheme: "dark" }],
    ["on a telephone", { colorScheme: "dark", ...TELEPHONE, reducedMotion: "reduce" }],
  ] as const)(
    "axe finds nothing %s, be it the login, a service in each mode or a dialog",
    async (_where, look) => {
      const login = await openTab(browser, stage, look);
      expect(await offences(login.tab)).toEqual([]);
      await stage.call("PUT", "/admin/services/chat/candidate", { upstream: "green" });
      await stage.call("POST", "/admin/hold", {});
      const { tab } = await openConsole(browser, stage, look);
      await tab.locator(".pill", { hasText: "Holding" }).waitFor();
      expect(await offences(tab)).toEqual([]);
      await stage.call("POST", "/admin/maintenance", { message: "Back soon." });
      await tab.locator(".pill", { hasText: "Maintenance" }).waitFor();
      await ask(tab, "Change message");
      expect(await offences(tab)).toEqual([]);
      expect(await tab.evaluate("document.documentElement.scrollWidth")).toBe(tab.viewportSize()?.width);
    },
  );

  test("is used by keyboard: the dialog takes the focus, Escape gives it back and does nothing", async () => {
    const { tab } = await openConsole(browser, stage);
    const focused = () =>
      tab.evaluate("document.activeElement.dataset.action ?? document.activeElement.name");
    await tab.locator('[data-action="hold"]').focus();
    await tab.keyboard.press("Enter");
    expect(await focused()).toBe("lease");
    await tab.keyboard.press("Escape");
    expect(await focused()).toBe("hold");
    const { body } = await stage.call("GET", "/admin/status");
    expect(body).toMatchObject({ services: [{ mode: { name: "open" } }] });
  });

  test("takes the theme that is chosen, and keeps it", async () => {
    const { tab } = await openConsole(browser, stage, { colorScheme: "light" });
    const paper = () => tab.evaluate("getComputedStyle(document.body).backgroundColor");
    const light = await paper();
    await tab.getByRole("button", { name: "Theme: as the system" }).click();
    await tab.getByRole("button", { name: "Theme: light" }).click();
    const dark = await paper();
    expect(dark).not.toBe(light);
    await reload(tab);
    await tab.getByRole("button", { name: "Theme: dark" }).waitFor();
    expect(await paper()).toBe(dark);
  });

  test("the charts say in words what they show", async () => {
    const { tab } = await openConsole(browser, stage);
    await fetch(stage.publicUrl());
    const captions = tab.locator("figcaption");
    expect(await captions.count()).toBe(6);
    await eventually(async () =>
      expect(await captions.nth(2).innerText()).toMatch(/Latency\s+\d+ ms\s+p95 · p50 \d+ ms/),
    );
    await eventually(async () => expect(await tab.locator(".canvas canvas").count()).toBe(6));
  });
});

describe("the console and what comes from outside", () => {
  test("text of operators and apps is text, whatever it looks like", async () => {
    const evil = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    await stage.call("POST", "/admin/maintenance", { message: evil });
    await stage.call("PUT", "/admin/services/chat/announcement", { message: evil });
    const { tab } = await openConsole(browser, stage);
    await tab.locator(".message", { hasText: evil }).waitFor();
    await tab.locator(".notes li", { hasText: evil }).waitFor();
    await eventually(async () =>
      expect(await tab.locator(".records", { hasText: "onerror" }).count()).toBe(2),
    );
    expect(await tab.locator("main img, main script").count()).toBe(0);
    expect(await tab.title()).toBe("Maintenance · chat · Holdgate");
    await stage.call("DELETE", "/admin/services/chat/announcement");
  });

  test("asks for nothing while it is hidden, and goes on at once when it is shown", async () => {
    const { tab, requested } = await openConsole(browser, stage);
    await tab.clock.install();
    await reload(tab);
    await tab.locator(".live", { hasText: "Live" }).waitFor();
    await setHidden(tab, true);
    await tab.waitForLoadState("networkidle");
    const before = requested.length;
    await stage.call("POST", "/admin/hold", { lease: "77s" });
    await tab.clock.runFor(60_000);
    expect(requested.slice(before)).toEqual([]);
    await setHidden(tab, false);
    await tab.locator(".pill", { hasText: "Holding" }).waitFor();
    await tab.locator(".records", { hasText: "leaseMs=77000" }).waitFor();
  });
});

/** As when another tab comes to the front. */
async function setHidden(tab: Page, isHidden: boolean): Promise<void> {
  await tab.evaluate(`
    Object.defineProperty(document, "hidden", { configurable: true, get: () => ${isHidden} });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}

describe("the console when the gateway goes away", { timeout: 60_000 }, () => {
  test("says that the connection is lost and how old it is, and comes back by itself", async () => {
    const { tab, complaints } = await openConsole(browser, stage);
    await stage.kill();
    await tab.getByRole("alert").filter({ hasText: "Connection lost" }).waitFor();
    expect(await tab.locator(".lost-banner").innerText()).toMatch(
      /What you see is of \d\d:\d\d:\d\d, .+ ago\. Trying again\./,
    );
    await stage.restart();
    await tab.locator(".live", { hasText: "Live" }).waitFor();
    await tab.locator(".lost-banner").waitFor({ state: "hidden" });
    await stage.call("PUT", "/admin/services/chat/announcement", { message: "after the restart" });
    await tab.locator(".records").first().getByText("after the restart").waitFor();
    expect(complaints.splice(0).every((line) => line.includes("ERR_"))).toBe(true);
  });
});
