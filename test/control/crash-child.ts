// A gateway's control that kills itself: `crash-child.ts <dataDir> <kill point> <number of the write>`.
// Prints the version of each state that was acknowledged, one a line.

import { statSync, truncateSync, writeSync } from "node:fs";
import { Control } from "../../src/control/control.ts";
import type { WriteStep } from "../../src/lib/write-file-durably.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { SEQUENCE } from "./crash-sequence.ts";
import { testSettings } from "./fixtures.ts";

const [dataDir = "", killPoint = "", writeNumber = ""] = process.argv.slice(2);
let writes = 0;

function killAtPoint(step: WriteStep, temporaryPath: string): void {
  if (step === "begin") writes += 1;
  if (writes !== Number(writeNumber)) return;
  if (killPoint === "partly_written" && step === "written") {
    truncateSync(temporaryPath, Math.floor(statSync(temporaryPath).size / 2));
  } else if (killPoint !== step) {
    return;
  }
  process.kill(process.pid, "SIGKILL");
}

const control = await Control.open({
  settings: testSettings(),
  dataDir,
  gateway: { apply: () => {} },
  clock: new ManualClock(),
  onWriteStep: killAtPoint,
});
acknowledge(control.state.version);
for (const command of SEQUENCE) {
  const { state } = await control.dispatch(command, { actor: "test", from: "test" });
  acknowledge(state.version);
}
await control.close();

/** Synchronous, so that what was printed before the kill is not lost with the process. */
function acknowledge(version: number): void {
  writeSync(1, `${version}\n`);
}
