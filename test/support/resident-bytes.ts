import { readFileSync } from "node:fs";

/** What a process has in RAM; what the kernel keeps for its sockets is no part of it. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kibibytes === undefined) throw new Error(`no process ${pid}`);
  return Number(kibibytes) * 1024;
}
