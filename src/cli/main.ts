// The entry point of `holdgate`.

import { systemClock } from "../lib/clock.ts";
import { runCli } from "./run-cli.ts";
import { Terminal } from "./terminal.ts";

// A reader that has gone (`holdgate status | head -1`) is no reason to fail, least of all for `run`: the
// gateway outlives whoever reads its log.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await runCli(process.argv.slice(2), {
  terminal: new Terminal(process.stdout, process.stderr, () => process.stdin),
  env: process.env,
  clock: systemClock,
});
