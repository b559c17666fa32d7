// A starter that kills itself: `start-child.ts <directory> <kill point> <name> <key> <command>…`

import { DirectoryProcessHost } from "../../src/process/directory-process-host.ts";
import { systemClock } from "../../src/lib/clock.ts";

const [directory = "", killPoint = "", name = "", key = "", ...command] = process.argv.slice(2);
const host = new DirectoryProcessHost({
  directory,
  clock: systemClock,
  onStep: (step) => {
    if (step === killPoint) process.kill(process.pid, "SIGKILL");
  },
});
await host.start(name, key, { command, cwd: null, env: {}, about: {} });
