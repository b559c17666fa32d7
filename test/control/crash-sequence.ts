// The commands of the crash test: each one writes the state once.

import type { CommandInput } from "../../src/control/commands.ts";
import type { WriteStep } from "../../src/lib/write-file-durably.ts";

const service = "chat";

export const SEQUENCE: CommandInput[] = [
  { type: "put_upstream", service, name: "pink", urls: ["http://127.0.0.1:4000"] },
  { type: "hold", service },
  { type: "set_candidate", service, upstream: "pink" },
  { type: "cutover", service, force: false, candidateHealthy: true },
  { type: "maintenance_on", service, message: "Back at noon" },
  { type: "rollback", service, force: true, previousHealthy: false },
  { type: "release", service },
];

/** Where the process is killed. `partly_written` is `written` with the end of the file missing. */
export type KillPoint = WriteStep | "partly_written";
