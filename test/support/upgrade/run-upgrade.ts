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
  /** For Node, before the program: `--import` … */
  nodeArgs?: readonly string[];
}

export class UpgradeProcess {
  readonly child: ChildProcess;
  /** What it has said so far, a JSON document per line. */
  readonly lines: Record<string, unknown>[] = [];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; stderr: string }>;

  constructor({ dir, args, env, nodeArgs = [] }: UpgradeOptions) {
    const command = [...nodeArgs, MAIN, "upgrade", ...args, "--json", "--config", `${dir}/holdgate.yaml`];
    const child = spawn(process.execPath, command, {
      cwd: dir,
      env: { PATH: process.env["PATH"], HOME: dir, ...env },
      // The last one is for what is loaded with `nodeArgs`: it can ask the test.
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.child = child;
    const { stdout, stderr: said } = child;
    if (stdout === null || said === null) throw new Error("the process has no output");
    onTestFinished(() => void child.kill("SIGKILL"));
    const reading = this.#read(stdout);
    this.ended = Promise.all([once(child, "exit"), text(said), reading]).then(([[code, signal], stderr]) => ({
      code,
      signal,
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
