// One of examples/embedding as a process of its own, as somebody runs it.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export type EmbeddingHost = "connect" | "express" | "hono";

export interface EmbeddingExample {
  port: number;
  /** Path of the admin's unix socket. */
  adminSocket: string;
  /** Ends it; resolves with the exit code, or null when a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

const FOLDER = fileURLToPath(new URL("../../examples/embedding/", import.meta.url));
const LISTENING = /^listening on .*port: (\d+)/u;

/** Starts it with `yaml` for its configuration (without dataDir, admin) and waits until it listens. */
export async function startEmbeddingExample(
  host: EmbeddingHost,
  dir: string,
  yaml: string,
): Promise<EmbeddingExample> {
  const config = join(dir, "holdgate.yaml");
  await writeFile(config, `dataDir: ${dir}/data\nadmin: { listen: "127.0.0.1:0" }\n${yaml}`);
  const args = ["--import", join(FOLDER, "from-clone.ts"), join(FOLDER, `${host}-server.ts`)];
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env["PATH"], CONFIG: config, PORT: "0", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => void (await end(child, "SIGKILL")));
  for await (const line of createInterface({ input: child.stdout })) {
    const port = LISTENING.exec(line)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    const adminSocket = join(dir, "data", "admin.sock");
    return { port: Number(port), adminSocket, end: (signal) => end(child, signal) };
  }
  throw new Error(`the example for ${host} ended before it listened`);
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
  return child.exitCode;
}
