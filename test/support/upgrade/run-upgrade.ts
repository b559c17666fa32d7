// `holdgate upgrade` in a process of its own, as an operator runs it, and what it says line by line.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

export interface UpgradeOptions {
  /** The gateway's directory: `<dir>/holdgate.yaml` and its dataDir. */
  dir: string;
  /** After `holdgate upgrade`: the plan, `--var`, `--resume` … */
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export class UpgradeProcess {
  readonly child: ChildProcess;
  /** What it has said so far, a JSON document per line. */
  readonly lines: Record<string, unknown>[] = [];
  readonly ended: Promise<{ code: number | null; stderr: string }>;

  constructor({ dir, args, env }: UpgradeOptions) {
    const command = [MAIN, "upgrade", ...args, "--json", "--config", `${dir}/holdgate.yaml`];
    const child = spawn(process.execPath, command, {
      cwd: dir,
      env: { PATH: process.env["PATH"], HOME: dir, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    onTestFinished(() => void child.kill("SIGKILL"));
    const reading = this.#read(child.stdout);
    this.ended = Promise.all([once(child, "exit"), text(child.stderr), reading]).then(([[code], stderr]) => ({
      code,
      stderr,
    }));
  }

  async #read(stdout: NodeJS.ReadableStream): Promise<void> {
    for await (const line of createInterface({ input: stdout })) this.lines.push(JSON.parse(line));
  }
}

/** From the plan to the exit code. */
export async function runUpgrade(options: UpgradeOptions) {
  const upgrade = new UpgradeProcess(options);
  return { ...(await upgrade.ended), lines: upgrade.lines };
}
