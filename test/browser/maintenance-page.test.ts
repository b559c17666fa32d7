// The maintenance page in a real browser: what a visitor sees, hears and waits for. The page's clock stands still
// unless a test moves it.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { maintenanceAnswer } from "../../src/gateway/maintenance/maintenance-answer.ts";
import { loadPage } from "../../src/gateway/maintenance/page.ts";
import { type PublicStatus, publicStatusAnswer } from "../../src/gateway/maintenance/public-status.ts";
import type { LocalAnswer } from "../../src/proxy/local-answer.ts";
import { launchChromium } from "../support/chromium.ts";
import { listen } from "../support/listen.ts";
import { whyLeftOut } from "../support/requirements.ts";

const NOW = Date.UTC(2026, 10, 21, 8, 0, 0);
const MINUTE = 60_000;
const ADDRESS = "/rooms/7?tab=files#last";

const inMaintenance: PublicStatus = {
  mode: "maintenance",
  message: "Version 2.4 is coming.",
  expectedEnd: NOW + 12 * MINUTE,
  retryAfterMs: 30_000,
  progress: null,
  announcement: null,
};
const open: PublicStatus = { ...inMaintenance, mode: "open", message: null, expectedEnd: null };

/** Answers as the gateway does: by its status with the page, or in the service's stead with something else. */
class Gateway {
  status = inMaintenance;
  /** What requests for the service meet; may differ from what the status says. */
  serving = false;
  readonly visits: string[] = [];
  readonly asked: string[] = [];
  readonly server = createServer((request, response) => this.#answer(request, response));
  readonly #page = loadPage(null);

  openAgain(): void {
    this.status = open;
    this.serving = true;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const target = request.url ?? "/";
    const isStatus = target.startsWith("/.holdgate/status");
    (isStatus ? this.asked : this.visits).push(target);
    const answer = isStatus ? publicStatusAnswer(this.status) : this.#visit(request);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  #visit({ headers, url: path = "/" }: IncomingMessage): LocalAnswer {
    if (this.serving) {
      const body = '<!doctype html><title>Chat</title><link rel="icon" href="data:,">';
      return { status: 200, headers: { "Content-Type": "text/html" }, body };
    }
    const header = (name: string) => headers[name]?.toString();
    const { message, expectedEnd, retryAfterMs } = this.status;
    return maintenanceAnswer(
      { method: "GET", header, webSocket: false, path },
      { cause: "maintenance", message, expectedEnd, retryAfterMs, now: NOW, page: this.#page },
    );
  }
}

const leftOut = whyLeftOut("chromium");

let browser: Browser | undefined;
let context: BrowserContext | undefined;
let gateway: Gateway;
let origin: string;
/** What the browser wrote to its console. */
let complaints: string[];
/** The origins it sent requests to. */
let requested: Set<string>;

beforeAll(async () => {
  if (leftOut === null) browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});

beforeEach(async ({ skip }) => {
  skip(leftOut !== null, leftOut ?? "");
  gateway = new Gateway();
  origin = `http://127.0.0.1:${await listen(gateway.server)}`;
  complaints = [];
  requested = new Set();
});
afterEach(async () => {
  await context?.close();
  gateway?.server.closeAllConnections();
  gateway?.server.close();
});

describe("the maintenance page", () => {
  test("shows the message and the end in the visitor's time, and counts down", async () => {
    const tab = await visit();
    expect(await tab.title()).toBe("Back soon");
    expect(await text(tab, "#message")).toBe("Version 2.4 is coming.");
    expect(await text(tab, "#when p:first-child")).toBe("Expected back: 17:12");
    expect(await text(tab, "#left")).toBe("12:00");
    await tab.clock.runFor(1000);
    expect(await text(tab, "#left")).toBe("11:59");
    await tab.clock.runFor(2 * MINUTE);
    expect(await text(tab, "#left")).toBe("9:59");
  });

  test("takes over a new message, a new end and the progress of an upgrade", async () => {
    const tab = await visit();
    expect(await tab.locator("#run").isVisible()).toBe(false);
    gateway.status = {
      ...inMaintenance,
      message: "Nearly <done>.",
      expectedEnd: NOW + 90 * MINUTE,
      progress: { percent: 42.4, step: "Copying the database" },
    };
    await nextPoll(tab);
    await becomes(tab, "#message", "Nearly <done>.");
    await tab.clock.runFor(500);
    expect(await text(tab, "#end")).toBe("18:30");
    expect(await text(tab, "#left")).toMatch(/^1:29:5\d$/);
    expect(await text(tab, "#run p")).toBe("Copying the database42 %");
    expect(await tab.locator("progress").evaluate((bar) => bar.getAttribute("value"))).toBe("42.4");
  });

  test("admits that it takes longer than expected, and stops counting", async () => {
    const tab = await visit();
    await tab.clock.fastForward(12 * MINUTE);
    expect(await text(tab, "#state")).toBe(
      "This is taking longer than expected. The work is still going on.",
    );
    expect(await tab.locator("#left").isVisible()).toBe(false);
  });

  test("asks nobody but the gateway, and the browser has nothing to complain about", async () => {
    const tab = await visit();
    await nextPoll(tab);
    expect([...requested].filter((from) => from !== "null")).toEqual([origin]);
    expect(gateway.visits).toEqual(["/rooms/7?tab=files"]);
    expect(new Set(gateway.asked)).toEqual(new Set(["/.holdgate/status?path=%2Frooms%2F7"]));
    expect(complaints).toEqual([]);
  });
});

describe("the way back from the maintenance page", () => {
  test("gives way by itself when the service is back, at the same address", async () => {
    const tab = await visit();
    await becomes(tab, "#checking", "keeps checking");
    gateway.openAgain();
    await nextPoll(tab);
    await becomes(tab, "#state", "The service is back.");
    await advanceUntil(tab, tab.waitForEvent("load"));
    expect(await tab.title()).toBe("Chat");
    expect(tab.url()).toBe(origin + ADDRESS);
    expect(gateway.visits).toEqual(["/rooms/7?tab=files", "/rooms/7?tab=files"]);
  });

  test("waits through a hold, because reloading would only join the queue", async () => {
    const tab = await visit();
    gateway.status = { ...open, mode: "hold" };
    await nextPoll(tab);
    await nextPoll(tab);
    await becomes(tab, "#message", "The service is being updated");
    expect(gateway.visits).toHaveLength(1);
  });

  test("stays when the gateway cannot be reached for a while, and says so", async () => {
    const tab = await visit();
    await tab.route("**/.holdgate/status*", (route) => route.abort());
    await advanceUntil(tab, becomes(tab, "#state", "No connection at the moment. Still trying."));
    await tab.unroute("**/.holdgate/status*");
    await nextPoll(tab);
    await tab.waitForFunction("document.getElementById('state').textContent === ''");
    expect(gateway.visits).toHaveLength(1);
  });

  test("reloads no faster than asked when it comes although the service is said to be open", async () => {
    gateway.status = open;
    const tab = await visit();
    gateway.serving = true;
    await advanceUntil(tab, tab.waitForEvent("load"));
    expect(await tab.title()).toBe("Chat");
    expect(await tab.evaluate("Date.now()")).toBeGreaterThanOrEqual(NOW + 30_000);
    expect(gateway.asked.length).toBeGreaterThan(1);
  });

  test("gives way when the gateway has been taken away, and the app answers for itself", async () => {
    const tab = await visit();
    const appAnswer = { status: 404, contentType: "text/html", body: "no such page" };
    await tab.route("**/.holdgate/status*", (route) => route.fulfill(appAnswer));
    gateway.serving = true;
    await advanceUntil(tab, tab.waitForEvent("load"));
    expect(await tab.title()).toBe("Chat");
  });
});

describe("the maintenance page without a mouse, eyes or scripts", () => {
  test("reads well aloud, and does not announce the countdown", async () => {
    const tab = await visit({ locale: "de-DE" });
    expect(await tab.locator("main").ariaSnapshot()).toMatchInlineSnapshot(`
      "- main:
        - heading "Gleich wieder da" [level=1]
        - status: Version 2.4 is coming.
        - paragraph:
          - text: "Voraussichtlich zurück:"
          - time: 17:12
        - timer: 12:00
        - status
        - paragraph: Diese Seite sieht immer wieder nach und macht von selbst weiter, sobald der Dienst zurück ist.
        - link "Jetzt erneut versuchen":
          - /url: """
    `);
  });

  test("can be left by keyboard, and keeps the address", async () => {
    const tab = await visit();
    gateway.openAgain();
    await tab.keyboard.press("Tab");
    const back = tab.waitForEvent("load");
    await tab.keyboard.press("Enter");
    await back;
    expect(await tab.title()).toBe("Chat");
    expect(tab.url()).toBe(origin + ADDRESS);
  });

  test("gives way without JavaScript too, and shows the end in UTC", async () => {
    gateway.status = { ...inMaintenance, retryAfterMs: 5_000 };
    const tab = await newTab({ javaScriptEnabled: false });
    await tab.goto(origin + ADDRESS);
    expect(await text(tab, "#when p:first-child")).toBe("Expected back: 08:12 UTC");
    expect(await tab.locator("footer").innerText()).toContain("This page reloads by itself every 5 seconds.");
    expect(await tab.locator("#checking").isVisible()).toBe(false);
    gateway.openAgain();
    await tab.waitForEvent("load", { timeout: 20_000 });
    expect(await tab.title()).toBe("Chat");
    expect(new URL(tab.url()).pathname + new URL(tab.url()).search).toBe("/rooms/7?tab=files");
  });
});

async function newTab(options: BrowserContextOptions = {}): Promise<Page> {
  if (!browser) throw new Error("the browser has not started");
  context = await browser.newContext({ locale: "en-GB", timezoneId: "Asia/Tokyo", ...options });
  const tab = await context.newPage();
  tab.on("request", (request) => requested.add(new URL(request.url()).origin));
  tab.on("pageerror", (error) => complaints.push(error.message));
  tab.on("console", (line) => {
    // Chromium notes that the visit itself was answered with 503.
    if (!line.text().includes("status of 503")) complaints.push(line.text());
  });
  return tab;
}

/** Opens the page with its clock stopped at NOW, and waits until it has asked for the status once. */
async function visit(options: BrowserContextOptions = {}): Promise<Page> {
  const tab = await newTab(options);
  // The page spreads its polls and its return by chance; here they come as late as chance allows.
  await tab.addInitScript("Math.random = () => 0.9");
  await tab.clock.install({ time: NOW - 1000 });
  await tab.clock.pauseAt(NOW);
  const asked = statusAnswered(tab);
  await tab.goto(origin + ADDRESS);
  await asked;
  return tab;
}

/** Moves the page's clock on, step by step, until `reached`. */
async function advanceUntil<T>(tab: Page, reached: Promise<T>): Promise<T> {
  const wait = { over: false };
  const done = reached.finally(() => (wait.over = true));
  while (!wait.over) await tab.clock.runFor(200);
  return done;
}

const nextPoll = (tab: Page) => advanceUntil(tab, statusAnswered(tab));

async function statusAnswered(tab: Page): Promise<void> {
  const answer = await tab.waitForResponse((response) => response.url().includes("/.holdgate/status"));
  await answer.finished();
}

const text = (tab: Page, selector: string) => tab.locator(selector).textContent();

async function becomes(tab: Page, selector: string, wanted: string): Promise<void> {
  await tab.locator(selector).filter({ hasText: wanted }).waitFor({ state: "visible", timeout: 10_000 });
}
