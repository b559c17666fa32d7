// Which process a number means. A process id alone does not tell: in a container the runner is pid 1 each time,
// and would meet its own number in the lock of its predecessor. So the start of the process is kept beside it,
// where Linux says it.

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { hasErrorCode } from "./error-code.ts";

export interface ProcessIdentity {
  pid: number;
  /** Boot and start of that process; null where the system does not tell. */
  started: string | null;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, started: startOf(process.pid) };
}

export function isAlive({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    if (!hasErrorCode(error, "EPERM")) return false;
  }
  const now = startOf(pid);
  return started === null || now === null || started === now;
}

/** Where process ids mean what they mean here: the machine, and on Linux the namespace within it. */
export function processSpace(): string {
  try {
    return `${hostname()}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname();
  }
}

/** What tells this process from any other that has had or will have its number; null where there is no /proc. */
function startOf(pid: number): string | null {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc(5): the second field is the name in parentheses, which may hold spaces; `starttime` is the 22nd.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return ticks === undefined ? null : `${boot}/${ticks}`;
  } catch {
    return null;
  }
}
