// The gateway's own pages, from a real gateway in a real browser: nobody is shut out, nothing is fetched from elsewhere,
// and the page goes away by itself.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AssetServer } from "../support/asset-server.ts";
import { launchChromium } from "../support/chromium.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { whyLeftOut } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const leftOut = whyLeftOut("chromium");
const MINUTE = 60_000;
const APP = '<!doctype html><title>Chat</title><link rel="icon" href="data:,"><p>Chat</p>';

const LIGHTS = [
  ["in light", { colorScheme: "light" }],
  ["in the dark", { colorScheme: "dark" }],
] as const satisfies [string, BrowserContextOptions][];
const LOOKS = [
  ...LIGHTS,
  ["on a telephone, in Japanese", { viewport: { width: 320, height: 640 }, locale: "ja-JP" }],
  ["with strong colours and no motion", { forcedColors: "active", reducedMotion: "reduce", locale: "de-DE" }],
] as const satisfies [string, BrowserContextOptions][];

let browser: Browser | undefined;
let context: BrowserContext | undefined;
let complaints: string[];
let requested: Set<string>;

beforeAll(async () => {
  if (leftOut === null) browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(({ skip }) => {
  skip(leftOut !== null, leftOut ?? "");
  complaints = [];
  requested = new Set();
});
afterEach(async () => {
  await context?.close();
});

async function setUp(service = "", clock?: ManualClock) {
  const app = await AssetServer.start({ "/room": { headers: { "Content-Type": "text/html" }, body: APP } });
  const gateway = await openGateway({ blue: app.url, service, ...(clock && { clock }) });
  const startMaintenance = () =>
    gateway.dispatch({
      type: "maintenance_on",
      service: "chat",
      message: "Version 2 is coming.\nYour messages are safe.",
      expectedEnd: Date.now() + 12 * MINUTE,
    });
  return {
    app,
    gateway,
    startMaintenance,
    open: (options?: BrowserContextOptions) => openTab(gateway.url, options),
  };
}

async function openTab(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  if (!browser) throw new Error("the browser has not started");
  context = await browser.newContext(options);
  const tab = await context.newPage();
  tab.on("request", (request) => requested.add(new URL(request.url()).origin));
  tab.on("pageerror", (error) => complaints.push(error.message));
  tab.on("console", (line) => {
    // Chromium notes how the visit itself was answered.
    if (!/status of (?:403|502|503)/.test(line.text())) complaints.push(line.text());
  });
  await tab.goto(`${url}/room#last`);
  return tab;
}

/** What axe-core finds wrong. */
async function offences(tab: Page): Promise<string[]> {
  await tab.evaluate(axe.source);
  return tab.evaluate(
    `axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => id + " (" + impact + "): " + nodes[0].html))`,
  );
}

function expectQuiet(url: string): void {
  expect(complaints).toEqual([]);
  expect([...requested].filter((origin) => origin !== "null")).toEqual([url]);
}

describe("axe-core finds nothing wrong with the maintenance page, while an upgrade goes on,", () => {
  test.each(LOOKS)("%s", async (_look, options) => {
    const { gateway, startMaintenance, open } = await setUp();
    await startMaintenance();
    gateway.gateway.setProgress("chat", { percent: 40, phase: "converting" });
    const tab = await open(options);
    await tab.locator("#run").waitFor();
    await tab.locator("#left").waitFor();
    expect(await offences(tab)).toEqual([]);
    expect(await tab.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
    expectQuiet(gateway.url);
  });
});

describe.each(LIGHTS)("axe-core finds nothing wrong %s", (_look, options) => {
  test("with the page of a wait that was too long", async () => {
    const clock = new ManualClock();
    const { gateway, open } = await setUp("", clock);
    await gateway.dispatch({ type: "hold", service: "chat" });
    const opened = open(options);
    await expect.poll(() => gateway.service.status().held, { timeout: 15_000 }).toBe(1);
    clock.advance(30_000);
    const tab = await opened;
    expect(await offences(tab)).toEqual([]);
    expectQuiet(gateway.url);
  });

  test("with the pages of a failed request and of a link that is not valid", async () => {
    const { app, gateway, open } = await setUp("    hold: { automatic: false }");
    await app.kill();
    const tab = await open(options);
    expect(await tab.locator("small").innerText()).toBe("502");
    expect(await offences(tab)).toEqual([]);
    await tab.goto(`${gateway.url}/.holdgate/bypass?token=chat.1.x`);
    expect(await offences(tab)).toEqual([]);
    expectQuiet(gateway.url);
  });
});

describe("the maintenance page of a real gateway", () => {
  test("counts down, and gives way to the app at the same address, its fragment included", async () => {
    const { gateway, startMaintenance, open } = await setUp();
    const tab = await open();
    await startMaintenance();
    await tab.reload();
    const left = tab.locator("#left");
    expect(await left.textContent()).toMatch(/^1[12]:\d\d$/);
    const before = await left.textContent();
    await expect.poll(() => left.textContent(), { timeout: 15_000 }).not.toBe(before);
    await gateway.dispatch({ type: "maintenance_off", service: "chat" });
    await expect.poll(() => tab.title(), { timeout: 20_000 }).toBe("Chat");
    expect(tab.url()).toBe(`${gateway.url}/room#last`);
    expectQuiet(gateway.url);
  });

  test("tells of the progress to those who only hear it", async () => {
    const { gateway, startMaintenance, open } = await setUp();
    await startMaintenance();
    gateway.gateway.setProgress("chat", { percent: 40, phase: "saving" });
    const tab = await open({ locale: "en-GB" });
    const bar = tab.getByRole("progressbar", { name: "Making a backup" });
    await bar.waitFor();
    expect(await bar.evaluate((element) => element.getAttribute("value"))).toBe("40");
    // The countdown changes each second: it is no live region, the state of things is.
    const live = tab.locator("[aria-live], [role=status], [role=alert]");
    expect(await live.evaluateAll((all) => all.map(({ id }) => id))).toEqual(["message", "state"]);
  });

  test("shows where the keyboard is", async () => {
    const { startMaintenance, open } = await setUp();
    await startMaintenance();
    const tab = await open();
    await tab.keyboard.press("Tab");
    const focused = tab.locator("a:focus-visible");
    expect(await focused.getAttribute("id")).toBe("again");
    expect(await tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")).toBe("solid");
  });
});

describe("an operator's own page", () => {
  test("comes with its own files, and nothing is asked of anybody else", async () => {
    const root = await temporaryDirectory();
    const assets = join(root, "assets");
    await mkdir(assets);
    await writeFile(join(assets, "down.css"), "h1 { color: rgb(1, 2, 3) }");
    const link = '<link rel="icon" href="data:,"><link rel="stylesheet" href="/.holdgate/assets/down.css">';
    await writeFile(
      join(root, "down.html"),
      `<!doctype html><html lang="{{language}}"><title>Down</title>${link}<main><h1>{{heading}}</h1>{{message}}</main>`,
    );
    const own = `    maintenance: { page: "${root}/down.html", assets: "${assets}" }`;
    const { gateway, startMaintenance, open } = await setUp(own);
    await startMaintenance();
    const tab = await open({ locale: "fr-FR" });
    const heading = tab.locator("h1");
    expect(await heading.textContent()).toBe("De retour bientôt");
    expect(await tab.evaluate("getComputedStyle(document.querySelector('h1')).color")).toBe("rgb(1, 2, 3)");
    expectQuiet(gateway.url);
  });
});
