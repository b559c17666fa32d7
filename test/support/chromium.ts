// A real browser for tests: Debian's Chromium, driven through playwright-core, with nothing to call home for.

import { accessSync, constants } from "node:fs";

import { type Browser, chromium } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";

/** Why browser tests cannot run here; null when they can. With HOLDGATE_REQUIRE=chromium they run, and fail. */
export function chromiumMissing(): string | null {
  const required = (process.env["HOLDGATE_REQUIRE"] ?? "").split(",").map((name) => name.trim());
  return required.includes("chromium") || isExecutable(EXECUTABLE)
    ? null
    : `${EXECUTABLE} is missing (apt-get install chromium)`;
}

/** Each launch has a profile of its own, made and removed by playwright. */
export async function launchChromium(): Promise<Browser> {
  if (!isExecutable(EXECUTABLE)) {
    throw new Error(
      `HOLDGATE_REQUIRE lists chromium, but ${EXECUTABLE} is missing: apt-get install chromium`,
    );
  }
  return chromium.launch({
    executablePath: EXECUTABLE,
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Whatever else it might look up is not found: tests do not reach beyond this machine.
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
