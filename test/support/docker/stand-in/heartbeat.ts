// ROLE=worker and ROLE=beat: a line in a file at every beat, and one when it ends, so that a test can prove that there
// was never more than one at a time.

import { hostname } from "node:os";
import type { Settings } from "./settings.ts";
import { appendLine } from "./store.ts";

export interface Heartbeat {
  role: string;
  version: string;
  host: string;
  pid: number;
  /** Milliseconds since 1970; the clock is the same in all containers of a machine. */
  at: number;
  event: "start" | "beat" | "end";
}

/** Ends with what it returns. */
export function keepBeating(settings: Settings): () => void {
  const note = (event: Heartbeat["event"]): void => {
    const { role, version, beatsFile } = settings;
    const beat: Heartbeat = { role, version, host: hostname(), pid: process.pid, at: Date.now(), event };
    appendLine(beatsFile, beat);
  };
  note("start");
  const timer = setInterval(() => note("beat"), settings.beatMs);
  return () => {
    clearInterval(timer);
    note("end");
  };
}
