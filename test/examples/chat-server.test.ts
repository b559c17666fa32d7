// The chat app as a process of its own: what scripts, the demo and container engines rely on.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { ChatClient, within } from "./chat-client.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ["examples/chat/server.ts", ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

async function firstLine(stream: NodeJS.ReadableStream | null): Promise<string> {
  if (!stream) throw new Error("the process has no such pipe");
  const [line] = await within(once(createInterface(stream), "line"), "a line of the process");
  return String(line);
}

test("it prints one JSON line when it is ready, and SIGTERM closes WebSockets with 1001 and ends it with 0", async () => {
  const child = run(["--app-version", "2.0.0"]);
  const ready = JSON.parse(await firstLine(child.stdout));
  expect(ready).toEqual({ listening: { host: "127.0.0.1", port: expect.any(Number) }, version: "2.0.0" });
  const client = await ChatClient.open(ready.listening.port);
  expect(await client.next()).toMatchObject({ type: "hello", version: "2.0.0" });
  const [code, exit] = [client.closeCode(), once(child, "exit")];
  child.kill("SIGTERM");
  expect(await code).toBe(1001);
  expect(await within(exit, "the exit")).toEqual([0, null]);
});

test("flags win over the environment", async () => {
  const child = run(["--app-version", "1.0.0"], { CHAT_VERSION: "2.0.0" });
  expect(JSON.parse(await firstLine(child.stdout))).toMatchObject({ version: "1.0.0" });
});

test("an unknown version is refused with what is allowed, and exit code 1", async () => {
  const child = run(["--app-version", "3.0.0"]);
  const exit = once(child, "exit");
  expect(await firstLine(child.stderr)).toBe('chat: --app-version is "3.0.0": it can be 1.0.0 or 2.0.0');
  expect(await within(exit, "the exit")).toEqual([1, null]);
});
