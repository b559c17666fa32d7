// Takes the lock of a service and says how that went; then lives until its standard input ends.

import { systemClock } from "../../../src/lib/clock.ts";
import { RunLock } from "../../../src/upgrade/run/run-lock.ts";

const [directory = "", run = "", takesOver = ""] = process.argv.slice(2);
const outcome = await RunLock.take({
  directory,
  service: "chat",
  run,
  clock: systemClock,
  mayTakeOver: () => takesOver === "takes-over",
});
process.stdout.write(`${outcome.kind}\n`);
process.stdin.resume();
process.stdin.on("end", () => process.exit());
