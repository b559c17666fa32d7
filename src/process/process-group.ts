// Whether a command and its children still run. A process id alone does not tell: numbers are used again, and those of
// a container begin anew each time. So the boot and the start of the group's leader are compared as well, where /proc
// tells them.

import { readdirSync, readFileSync } from "node:fs";

export interface GroupIdentity {
  /** Of the leader, and of the group. */
  pid: number;
  /** `<boot id>/<start of the leader in ticks>`; null where the system does not tell. */
  started: string | null;
}

interface ProcessLine {
  isZombie: boolean;
  group: number;
  startedTicks: string;
}

export function isGroupAlive({ pid, started }: GroupIdentity): boolean {
  const boot = bootId();
  if (boot === null || started === null) return signalGroup(pid, 0);
  if (!started.startsWith(`${boot}/`)) return false;
  const leader = readProcess(pid);
  if (leader && `${boot}/${leader.startedTicks}` !== started) return false;
  if (leader && !leader.isZombie) return true;
  // Its leader may have been killed alone; as long as there are others, no new process can get this number.
  return readdirSync("/proc").some((entry) => isLivingMember(entry, pid));
}

/** False when there is no such group (any more). */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

function isLivingMember(entry: string, group: number): boolean {
  const found = /^\d+$/.test(entry) ? readProcess(Number(entry)) : null;
  return found !== null && found.group === group && !found.isZombie;
}

/** proc(5): the second field is the name in parentheses, which may hold spaces. */
function readProcess(pid: number): ProcessLine | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state = "", , group = "", ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { isZombie: "ZX".includes(state), group: Number(group), startedTicks: rest[16] ?? "" };
  } catch {
    return null;
  }
}

function bootId(): string | null {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return null;
  }
}
