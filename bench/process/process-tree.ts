// What the kernel says of a process and its children, from /proc.

import { readFileSync, readdirSync } from "node:fs";

/** Linux counts processor time for /proc in hundredths of a second, whatever its own tick is. */
const TICKS_PER_SECOND = 100;

/** The process itself and all its living descendants. */
export function processTree(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

/** Processor time used so far, in user and kernel, by the tree and by those of it that have ended. */
export function cpuSeconds(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + ticksOf(one), 0) / TICKS_PER_SECOND;
}

/** Memory the tree has in RAM. What the kernel keeps for its sockets is not part of it. */
export function residentBytes(pid: number): number {
  return processTree(pid).reduce((sum, one) => sum + residentBytesOf(one), 0);
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is the program's name in parentheses and may hold anything: count from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const userSystemAndThoseOfEndedChildren = fields.slice(11, 15);
  return userSystemAndThoseOfEndedChildren.reduce((sum, field) => sum + Number(field), 0);
}

function residentBytesOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes ?? 0) * 1024;
}
