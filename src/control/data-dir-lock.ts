// Keeps two gateways from writing the same state. The lock is a file that says which process holds it;
// one that was left by a killed process is taken over.
//
// A process id alone does not tell: in a container the gateway is pid 1 each time, and would meet its own
// number in the lock of its predecessor. So the start of the process is kept beside it, where Linux says it.

import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../lib/gateway-error.ts";
import { hasErrorCode } from "./error-code.ts";

interface Owner {
  pid: number;
  /** Boot and start of that process; null where the system does not tell. */
  started: string | null;
}

export class DataDirLock {
  readonly #path: string;
  readonly #text: string;

  private constructor(path: string, text: string) {
    this.#path = path;
    this.#text = text;
  }

  /** Throws `state_unwritable` when a living process holds the lock. */
  static take(dataDir: string): DataDirLock {
    const path = join(dataDir, "lock");
    const text = `${JSON.stringify({ pid: process.pid, started: startOf(process.pid) })}\n`;
    // Each round ends with the lock in somebody's hands; more than one means that others start as well.
    for (let round = 0; round < 10; round += 1) {
      if (create(path, text)) return new DataDirLock(path, text);
      const found = read(path);
      const owner = found === null ? null : parseOwner(found);
      if (owner && isAlive(owner)) throw lockedBy(owner, dataDir, path);
      if (found !== null) removeStale(path, found);
    }
    throw new GatewayError(
      "state_unwritable",
      `cannot take ${path}: others keep taking it; start one gateway`,
    );
  }

  release(): void {
    if (read(this.#path) === this.#text) rmSync(this.#path, { force: true });
  }
}

/** False when there is a lock already. Reading back tells whether a taker-over removed ours as it was made. */
function create(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false;
    throw error;
  }
  return read(path) === text;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null;
    throw error;
  }
}

/**
 * Moves the lock aside before removing it: of two that found it stale, the slower one would otherwise
 * remove the new lock of the faster.
 */
function removeStale(path: string, expected: string): void {
  const aside = `${path}.${randomBytes(6).toString("hex")}.stale`;
  try {
    renameSync(path, aside);
    if (read(aside) !== expected) linkSync(aside, path);
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT", "EEXIST")) throw error;
  }
  rmSync(aside, { force: true });
}

/** Null for what no gateway has written whole: a lock that a power cut left empty is stale as well. */
function parseOwner(text: string): Owner | null {
  try {
    const { pid, started } = JSON.parse(text);
    if (!Number.isInteger(pid) || pid <= 0) return null;
    return { pid, started: typeof started === "string" ? started : null };
  } catch {
    return null;
  }
}

function isAlive({ pid, started }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    if (!hasErrorCode(error, "EPERM")) return false;
  }
  const now = startOf(pid);
  return started === null || now === null || started === now;
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

function lockedBy(owner: Owner, dataDir: string, path: string): GatewayError {
  const remedy = "stop that gateway, or give this one a dataDir of its own";
  return new GatewayError(
    "state_unwritable",
    `${dataDir} is in use by the gateway with pid ${owner.pid} (${path}); ${remedy}`,
  );
}
