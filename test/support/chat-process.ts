// The chat app as a process of its own, for what only a process can show: SIGKILL, and a new one in its place.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const SERVER = fileURLToPath(new URL("../../examples/chat/server.ts", import.meta.url));

export interface ChatProcess {
  port: number;
  url: string;
  /** SIGKILL; resolves when its end has been seen. */
  kill(): Promise<void>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface ChatProcessOptions {
  db: string;
  port?: number;
  version?: "1.0.0" | "2.0.0";
}

/** Resolves when it listens; killed when the test is over. */
export async function startChatProcess({
  db,
  port = 0,
  version = "1.0.0",
}: ChatProcessOptions): Promise<ChatProcess> {
  const args = [SERVER, "--db", db, "--port", String(port), "--app-version", version];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const end = (signal: NodeJS.Signals) => endProcess(child, signal);
  onTestFinished(() => end("SIGKILL"));
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { listening }: { listening: { port: number } } = JSON.parse(String(line));
  return {
    port: listening.port,
    url: `http://127.0.0.1:${listening.port}`,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}

async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** How many messages were stored under each key. */
export function messagesByKey(db: string): Map<string, number> {
  const store = new DatabaseSync(db, { readOnly: true, timeout: 5_000 });
  const rows = store.prepare("SELECT key, count(*) AS count FROM messages GROUP BY key").all();
  store.close();
  return new Map(rows.map(({ key, count }) => [String(key), Number(count)]));
}
