// A gateway as a process, two versions of an app behind it, and its console in a browser that notes what it asks for and
// what it complains about.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { callAdmin } from "../../support/call-admin.ts";
import { launchChromium } from "../../support/chromium.ts";
import { listen } from "../../support/listen.ts";
import { whyLeftOut } from "../../support/requirements.ts";
import { type HoldgateProcess, startHoldgate } from "../../support/start-holdgate.ts";

export interface VersionedApp {
  url: string;
  isHealthy: boolean;
  close(): void;
}

export interface ConsoleStage {
  dir: string;
  blue: VersionedApp;
  green: VersionedApp;
  /** Of scope operate. */
  token: string;
  /** `http://127.0.0.1:<port>` of the public listener. */
  publicUrl(): string;
  consoleUrl(): string;
  call(method: string, path: string, body?: object): ReturnType<typeof callAdmin>;
  adminSocket: string;
  /** Until the end of the test, by a reload of the configuration. */
  addService(name: string): Promise<void>;
  /** Open, with blue active and nothing planned. */
  reset(): Promise<void>;
  close(): Promise<void>;
  kill(): Promise<void>;
  /** Again, on the same ports. */
  restart(): Promise<void>;
}

/** Processes and a browser start slowly on a machine that is busy. */
const LONGEST_START_MS = 60_000;

/**
 * A browser and a stage for all tests of a file, which are left out where there is no browser. The stage is as new at the
 * beginning of each.
 */
export function useConsole(): () => { browser: Browser; stage: ConsoleStage } {
  const leftOut = whyLeftOut("chromium");
  let browser: Browser | undefined;
  let stage: ConsoleStage | undefined;
  beforeAll(async () => {
    if (leftOut !== null) return;
    browser = await launchChromium();
    stage = await openConsoleStage();
  }, LONGEST_START_MS);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  beforeEach(async ({ skip }) => {
    skip(leftOut !== null, leftOut ?? "");
    await stage?.reset();
  });
  return () => {
    if (!browser || !stage) throw new Error("the browser or the gateway has not started");
    return { browser, stage };
  };
}

/** One for all tests of a file, because a process takes its time to start; each begins with `reset`. */
async function openConsoleStage(): Promise<ConsoleStage> {
  const dir = await mkdtemp(join(tmpdir(), "hg-"));
  const [blue, green] = [await startVersionedApp("1.8.2"), await startVersionedApp("2.0.0")];
  const yaml = `services:
  chat:
    upstreams: { blue: "${blue.url}", green: "${green.url}" }
    health: { path: /health, version: .version, interval: 200ms, good: 1, bad: 1 }
`;
  let holdgate: HoldgateProcess = await startHoldgate(dir, yaml);
  const { port, adminPort, adminSocket } = holdgate;
  const token = (await readFile(join(dir, "data/admin.token"), "utf8")).trim();
  return {
    dir,
    blue,
    green,
    token,
    publicUrl: () => `http://127.0.0.1:${port}`,
    consoleUrl: () => `http://127.0.0.1:${adminPort}/`,
    call: (method, path, body) => callAdmin(adminSocket, method, path, body),
    adminSocket,
    async addService(name) {
      const file = join(dir, "holdgate.yaml");
      const before = await readFile(file, "utf8");
      onTestFinished(() => writeFile(file, before));
      await writeFile(
        file,
        `${before}  ${name}: { hosts: [${name}.example.com], upstreams: { only: "${blue.url}" } }\n`,
      );
    },
    async reset() {
      blue.isHealthy = green.isHealthy = true;
      await callAdmin(adminSocket, "POST", "/admin/release");
      await callAdmin(adminSocket, "DELETE", "/admin/maintenance/window");
      await callAdmin(adminSocket, "DELETE", "/admin/services/chat/candidate");
      await callAdmin(adminSocket, "POST", "/admin/services/chat/cutover", { to: "blue", force: true });
    },
    async close() {
      await holdgate.end("SIGKILL");
      for (const app of [blue, green]) app.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 10 });
    },
    kill: async () => void (await holdgate.end("SIGKILL")),
    async restart() {
      holdgate = await startHoldgate(dir, yaml, port, undefined, adminPort);
    },
  };
}

/** Answers with its version, after a moment, and keeps WebSockets open. */
async function startVersionedApp(version: string): Promise<VersionedApp> {
  const app: VersionedApp = { url: "", isHealthy: true, close };
  const server = createServer((request, response) => {
    if (request.url === "/health") {
      response.writeHead(app.isHealthy ? 200 : 503).end(JSON.stringify({ version }));
    } else setTimeout(() => response.end(version), 5 + Math.random() * 40);
  });
  const sockets = new WebSocketServer({ server });
  function close(): void {
    sockets.close();
    server.closeAllConnections();
    server.close();
  }
  app.url = `http://127.0.0.1:${await listen(server)}`;
  return app;
}

export interface ConsoleTab {
  tab: Page;
  /** What the browser wrote to its console, refused tokens apart. */
  complaints: string[];
  /** All that it asked for. */
  requested: string[];
}

/** The console before the login; at the end of the test it must have asked nobody else, and have had nothing to say. */
export async function openTab(
  browser: Browser,
  stage: ConsoleStage,
  options: BrowserContextOptions = {},
  address = stage.consoleUrl(),
): Promise<ConsoleTab> {
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 1280, height: 900 },
    ...options,
  });
  onTestFinished(() => context.close());
  const tab = await context.newPage();
  const complaints: string[] = [];
  const requested: string[] = [];
  tab.on("request", (request) => requested.push(request.url()));
  tab.on("pageerror", (error) => complaints.push(error.message));
  tab.on("console", (line) => {
    if (!line.text().includes(NETWORK_CHANGED)) complaints.push(line.text());
  });
  await load(tab, () => tab.goto(address));
  onTestFinished(() => {
    const elsewhere = requested.filter((url) => !url.startsWith(address) && !url.startsWith("data:"));
    expect(elsewhere).toEqual([]);
    expect(requested.filter((url) => url.includes(stage.token))).toEqual([]);
    expect(complaints).toEqual([]);
  });
  return { tab, complaints, requested };
}

/** Tests with containers, beside these, change the machine's network: Chromium breaks off what it loads just then. */
const NETWORK_CHANGED = "ERR_NETWORK_CHANGED";
const MOST_LOADS = 5;

/** Loads the console anew. */
export function reload(tab: Page): Promise<void> {
  return load(tab, () => tab.reload());
}

/** Until its modules have come, too. */
async function load(tab: Page, begin: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; attempt < MOST_LOADS; attempt++) {
    const begins = begin().then(() => tab.locator("body > main, body > .app").waitFor({ timeout: 5_000 }));
    const [begun] = await Promise.allSettled([begins]);
    if (begun.status === "fulfilled") return;
  }
  await begin();
}

/** The same, logged in. */
export async function openConsole(
  browser: Browser,
  stage: ConsoleStage,
  options: BrowserContextOptions = {},
): Promise<ConsoleTab> {
  const opened = await openTab(browser, stage, options);
  await logIn(opened.tab, stage.token);
  await opened.tab.locator(".live", { hasText: "Live" }).waitFor();
  return opened;
}

export async function logIn(tab: Page, token: string): Promise<void> {
  await tab.getByLabel("Token").fill(token);
  await tab.keyboard.press("Enter");
}

/** Presses the button of this name, and gives the dialog that asks. */
export async function ask(tab: Page, button: string, within: Page | Locator = tab) {
  await within.getByRole("button", { name: button, exact: true }).click();
  const dialog = tab.getByRole("dialog");
  await dialog.waitFor();
  return {
    text: () => dialog.locator(".sentences").innerText(),
    fill: (label: string, value: string) => dialog.getByLabel(label, { exact: true }).fill(value),
    choose: (label: string, value: string) => dialog.getByLabel(label, { exact: true }).selectOption(value),
    problem: () => dialog.getByRole("alert").innerText(),
    press: (name: string) => dialog.getByRole("button", { name, exact: true }).click(),
    /** Presses the button that does it, and waits until it is done. */
    async confirm(name = button) {
      await dialog.getByRole("button", { name, exact: true }).click();
      await dialog.waitFor({ state: "hidden" });
    },
  };
}
