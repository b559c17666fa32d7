// Which container this process runs in, if in one: an upgrade must not stop its own runner.

import { readFile } from "node:fs/promises";

/** Its id; undefined: in none, or it does not show. */
export async function readOwnContainerId(): Promise<string | undefined> {
  const [mounts, cgroup] = await Promise.all([readOr("/proc/self/mountinfo"), readOr("/proc/self/cgroup")]);
  return ownContainerId(mounts, cgroup);
}

/**
 * The engine mounts a few files of its own into every container, and their source names the container. Other mounts
 * may name other containers: those of a process that sees all of /var/lib/docker.
 */
export function ownContainerId(mountinfo: string, cgroup: string): string | undefined {
  const ownFile = /\/containers\/([0-9a-f]{64})\/\S+ \/etc\/(?:hostname|hosts|resolv\.conf) /;
  const ownGroup = /(?:\/docker\/|docker-)([0-9a-f]{64})(?:\.scope)?$/m;
  return ownFile.exec(mountinfo)?.[1] ?? ownGroup.exec(cgroup)?.[1];
}

/** Not everywhere is there a /proc. */
function readOr(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
