// The banner that an app's page includes, in a real browser, behind a real gateway, under a strict policy.

import axe from "axe-core";
import { createServer } from "node:http";
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { eventually } from "../support/eventually.ts";
import { listen } from "../support/listen.ts";
import { openGateway } from "../support/open-gateway.ts";
import { whyLeftOut } from "../support/requirements.ts";

const MINUTE = 60_000;
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:";
const PAGE = `<!doctype html><html lang="en"><title>Chat</title><link rel="icon" href="data:,">
<script src="/.holdgate/notice.js" defer></script><main><h1>Chat</h1><input aria-label="Message"></main></html>`;
// As text: the types of the DOM are not those of the tests.
const POSITION = `getComputedStyle(document.querySelector("holdgate-notice").shadowRoot.querySelector("section")).position`;
const BANNER = "holdgate-notice section";

const leftOut = whyLeftOut("chromium");

let browser: Browser | undefined;
let context: BrowserContext | undefined;
/** What the browser wrote to its console, and what nobody caught. */
let complaints: string[];
/** How often the page has asked for the status. */
let asked: number;

beforeAll(async () => {
  if (leftOut === null) browser = await launchChromium();
});
afterAll(async () => {
  await browser?.close();
});
beforeEach(({ skip }) => {
  skip(leftOut !== null, leftOut ?? "");
  complaints = [];
  asked = 0;
});
afterEach(async () => {
  await context?.close();
});

async function openChat() {
  const app = createServer((_request, response) => {
    response.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": POLICY }).end(PAGE);
  });
  const blue = `http://127.0.0.1:${await listen(app)}`;
  onTestFinished(() => app.close().closeAllConnections());
  const gateway = await openGateway({ blue });
  return {
    url: gateway.url,
    announce: (message: string, at: number | null) =>
      gateway.dispatch({ type: "announce", service: "chat", announcement: { message, at } }),
    withdraw: () => gateway.dispatch({ type: "withdraw_announcement", service: "chat" }),
  };
}

/** The page's clock runs only as the test moves it. */
async function visit(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  if (!browser) throw new Error("there is no browser");
  context = await browser.newContext({ locale: "en-GB", timezoneId: "Asia/Tokyo", ...options });
  const tab = await context.newPage();
  tab.on("console", (message) => complaints.push(message.text()));
  tab.on("pageerror", (error) => complaints.push(String(error)));
  tab.on("request", (request) => void (asked += request.url().includes("/.holdgate/status") ? 1 : 0));
  await tab.clock.install({ time: Date.now() });
  await tab.goto(url);
  await passing(tab, () => expect(asked).toBe(1));
  return tab;
}

/** Moves the page's clock a little, again and again, until the expectation holds. */
function passing(tab: Page, look: () => void | Promise<void>): Promise<void> {
  return eventually(async () => {
    await tab.clock.runFor(500);
    await look();
  });
}

const words = (tab: Page) => tab.locator("holdgate-notice p").textContent();
const banners = (tab: Page) => tab.locator(BANNER).count();

describe("the banner", () => {
  test("tells in the visitor's language and time what is announced, and goes when it is withdrawn", async () => {
    const { url, announce, withdraw } = await openChat();
    const at = Date.now() + 24 * 60 * MINUTE;
    await announce("Umzug <b>morgen</b>", at);
    const tab = await visit(url, { locale: "de-AT" });
    await passing(tab, async () => expect(await words(tab)).toContain("Umzug <b>morgen</b>"));
    const time = new Intl.DateTimeFormat("de", {
      timeZone: "Asia/Tokyo",
      hour: "numeric",
      minute: "2-digit",
    });
    expect(await words(tab)).toMatch(/^Beginn: \p{L}+, \d+\. \p{L}+ /u);
    expect(await words(tab)).toContain(`${time.format(at)} · Umzug`);
    expect(await tab.evaluate(POSITION)).toBe("fixed");
    await withdraw();
    await tab.clock.fastForward(2 * MINUTE);
    await passing(tab, async () => expect(await banners(tab)).toBe(0));
    expect(complaints).toEqual([]);
  });

  test("is nothing that a tool for accessibility objects to, and can be reached and closed by keyboard", async () => {
    const { url, announce } = await openChat();
    await announce("An update at six", null);
    const tab = await visit(url);
    await passing(tab, async () => expect(await words(tab)).toBe("An update at six"));
    expect(await tab.getByRole("status").textContent()).toBe("An update at six");
    await tab.evaluate(axe.source);
    const found = await tab.evaluate("axe.run().then(({ violations }) => violations.map(({ id }) => id))");
    expect(found).toEqual([]);
    const close = tab.getByRole("button", { name: "Dismiss this notice" });
    await close.focus();
    await tab.keyboard.press("Enter");
    expect(await banners(tab)).toBe(0);
    await tab.reload();
    await passing(tab, () => expect(asked).toBe(2));
    expect(await banners(tab)).toBe(0);
    await announce("Another one", null);
    await tab.clock.fastForward(2 * MINUTE);
    await passing(tab, async () => expect(await words(tab)).toBe("Another one"));
    await tab.locator("holdgate-notice button").focus();
    await tab.keyboard.press("Escape");
    expect(await banners(tab)).toBe(0);
  });

  test("goes by itself when its time is long over, and comes back when the app throws it out", async () => {
    const { url, announce } = await openChat();
    await announce("Soon", Date.now() + 10 * MINUTE);
    const tab = await visit(url);
    await passing(tab, async () => expect(await words(tab)).toContain("Soon"));
    await tab.evaluate("document.body.replaceChildren()");
    await tab.clock.fastForward(2 * MINUTE);
    await passing(tab, async () => expect(await words(tab)).toContain("Soon"));
    await tab.clock.fastForward(70 * MINUTE);
    await passing(tab, async () => expect(await banners(tab)).toBe(0));
  });
});

describe("the page asks", () => {
  const setHidden = (tab: Page, hidden: boolean) =>
    tab.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"))`);

  test("once a minute, not while nobody looks, and at once when somebody looks again", async () => {
    const tab = await visit((await openChat()).url);
    await tab.clock.fastForward(70_000);
    await passing(tab, () => expect(asked).toBe(2));
    await setHidden(tab, true);
    await tab.clock.runFor(30 * MINUTE);
    expect(asked).toBe(2);
    await setHidden(tab, false);
    await passing(tab, () => expect(asked).toBe(3));
    expect(complaints).toEqual([]);
  });

  test("less and less often while nobody answers", async () => {
    const { url } = await openChat();
    const tab = await visit(url);
    await tab.route("**/.holdgate/status*", (route) => route.abort());
    // One at a time, as each begins when the answer to the one before has failed.
    for (const [failures, minutes] of [2, 3, 5].entries()) {
      await tab.clock.fastForward(minutes * MINUTE);
      await passing(tab, () => expect(asked).toBe(2 + failures));
    }
    await tab.clock.runFor(6 * MINUTE);
    expect(asked).toBe(4);
    expect(complaints.filter((each) => !each.includes("net::ERR_FAILED"))).toEqual([]);
  });
});

test("the script is sent once, and only its tag when it is asked for again", async () => {
  const { url } = await openChat();
  const first = await fetch(`${url}/.holdgate/notice.js`);
  expect(first.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(first.headers.get("cache-control")).toBe("public, max-age=300");
  expect((await first.text()).length).toBeLessThan(10_000);
  const again = await fetch(`${url}/.holdgate/notice.js`, {
    headers: { "If-None-Match": first.headers.get("etag") ?? "" },
  });
  expect(again.status).toBe(304);
});
