// docs/getting-started.md as a newcomer types it, every command of it, in an empty directory. Only the ports are others, so
// that the walk can be taken beside whatever runs on this machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { listen } from "../support/listen.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { blocks, pages } from "./read-docs.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PORTS = ["8080", "3000", "3001"];

test("getting started leads to where it says", { timeout: 120_000 }, async () => {
  const [, gateway, returned, stopped, page, next, back, look, end, ...more] = await walk();
  expect(gateway).toContain('"version":"1.0.0"');
  expect(gateway).toMatch(/^ +active +blue /m);
  expect(returned).toMatch(/^200 after [3-9]/m);
  expect(stopped).toContain("chat: open");
  expect(page).toMatch(/^HTTP\/1.1 503 /m);
  expect(page).toContain('"code":"maintenance"');
  expect(next).toContain('"version":"2.0.0"');
  expect(back).toContain('"version":"1.0.0"');
  expect(look).toContain("rollback");
  expect(end).toBe("");
  expect(more).toEqual([]);
});

/** What each block has printed. */
async function walk(): Promise<string[]> {
  const page = pages().find(({ path }) => path === "docs/getting-started.md");
  const typed = page ? blocks(page).filter(({ language }) => language === "sh") : [];
  const others = await Promise.all(PORTS.map(freePort));
  const exchanged = typed.map((block) =>
    PORTS.reduce((commands, port, at) => commands.replaceAll(port, String(others[at])), block.text),
  );
  const said = await type(exchanged.join(`echo "${NEXT}"\n`), others[0] ?? 0);
  return said.split(`${NEXT}\n`);
}

const NEXT = "-- next block --";

async function type(commands: string, port: number): Promise<string> {
  const { HOME, PATH = "" } = process.env;
  const bash = spawn("bash", ["-e", "-c", commands], {
    cwd: await temporaryDirectory(),
    env: {
      HOME,
      PATH: `${ROOT}bin:${PATH}`,
      CHAT: `${ROOT}examples/chat/server.ts`,
      HOLDGATE_LISTEN: `127.0.0.1:${port}`,
      HOLDGATE_ADMIN_LISTEN: "127.0.0.1:0",
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that nothing it has started is left when a command fails.
    detached: true,
  });
  onTestFinished(() => killGroup(bash.pid));
  const [said, complaints, [code]] = await Promise.all([
    text(bash.stdout),
    text(bash.stderr),
    once(bash, "exit"),
  ]);
  expect(code, `${said}\n${complaints}`).toBe(0);
  return said;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // All of it has ended by itself.
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, "close");
  return port;
}
