// Keeps two gateways from writing the same state. The lock is a file that says which process holds it;
// one that was left by a killed process is taken over.

import { join } from "node:path";
import { claimFile, readClaim, releaseClaim, removeStaleClaim } from "../lib/claim-file.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import { isAlive, ownIdentity } from "../lib/process-identity.ts";
import type { ProcessIdentity } from "../lib/process-identity.ts";

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
    const text = `${JSON.stringify(ownIdentity())}\n`;
    // Each round ends with the lock in somebody's hands; more than one means that others start as well.
    for (let round = 0; round < 10; round += 1) {
      if (claimFile(path, text)) return new DataDirLock(path, text);
      const found = readClaim(path);
      const owner = found === null ? null : parseOwner(found);
      if (owner && isAlive(owner)) throw lockedBy(owner, dataDir, path);
      if (found !== null) removeStaleClaim(path, found);
    }
    throw new GatewayError(
      "state_unwritable",
      `cannot take ${path}: others keep taking it; start one gateway`,
    );
  }

  release(): void {
    releaseClaim(this.#path, this.#text);
  }
}

/** Null for what no gateway has written whole: a lock that a power cut left empty is stale as well. */
function parseOwner(text: string): ProcessIdentity | null {
  try {
    const { pid, started } = JSON.parse(text);
    if (!Number.isInteger(pid) || pid <= 0) return null;
    return { pid, started: typeof started === "string" ? started : null };
  } catch {
    return null;
  }
}

function lockedBy(owner: ProcessIdentity, dataDir: string, path: string): GatewayError {
  const remedy = "stop that gateway, or give this one a dataDir of its own";
  return new GatewayError(
    "state_unwritable",
    `${dataDir} is in use by the gateway with pid ${owner.pid} (${path}); ${remedy}`,
  );
}
