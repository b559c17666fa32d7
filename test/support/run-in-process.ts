import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { runCli } from "../../src/cli/run-cli.ts";
import { Terminal } from "../../src/cli/terminal.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { CliRun } from "./run-holdgate.ts";

/** The command line without the price of a process: for what is decided before the gateway is asked. */
export async function runInProcess(args: string[], env: Record<string, string> = {}): Promise<CliRun> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const code = await runCli(args, { terminal: new Terminal(stdout, stderr), env, clock: systemClock });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}
