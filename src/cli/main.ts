// The entry point of `holdgate`.

import { systemClock } from "../lib/clock.ts";
import { runCli } from "./run-cli.ts";
import { Terminal } from "./terminal.ts";

// `holdgate events | head` closes the pipe early; that is an end, not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: new Terminal(process.stdout, process.stderr),
  env: process.env,
  clock: systemClock,
});
