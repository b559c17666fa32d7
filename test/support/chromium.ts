// A real browser for tests: Debian's Chromium, driven through playwright-core, with nothing to call home for.

import { type Browser, chromium } from "playwright-core";
import { CHROMIUM } from "./requirements.ts";

/** Each launch has a profile of its own, made and removed by playwright. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
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
