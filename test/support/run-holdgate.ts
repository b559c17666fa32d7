import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  cwd: string;
  /** Nothing is inherited, so that the settings of whoever runs the tests change nothing. */
  env?: Record<string, string>;
  /** Run through this command instead of directly. */
  through?: (command: string[]) => string[];
  /** Then it is killed (15 s). */
  longestMs?: number;
}

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const LONGEST_RUN_MS = 15_000;

/** Runs the command line as an operator would, in a process of its own. */
export async function runHoldgate(args: string[], options: CliOptions): Promise<CliRun> {
  const direct = [process.execPath, MAIN, ...args];
  const [command = "", ...rest] = options.through?.(direct) ?? direct;
  const env = { PATH: process.env["PATH"], TZ: "UTC", ...options.env };
  const child = spawn(command, rest, { cwd: options.cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const hung = setTimeout(() => child.kill("SIGKILL"), options.longestMs ?? LONGEST_RUN_MS);
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  clearTimeout(hung);
  return { code: typeof code === "number" ? code : null, stdout, stderr };
}
