// A file that says who holds something: made by exactly one, and taken away from one that is gone by exactly one.

import { randomBytes } from "node:crypto";
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hasErrorCode } from "./error-code.ts";

/** False when there is one already. Reading back tells whether a taker-over removed ours as it was made. */
export function claimFile(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (hasErrorCode(error, "EEXIST")) return false;
    throw error;
  }
  return readClaim(path) === text;
}

/** Null: nobody holds it. */
export function readClaim(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return null;
    throw error;
  }
}

/**
 * Moves it aside before removing it: of two that found it stale, the slower one would otherwise remove the new
 * claim of the faster.
 */
export function removeStaleClaim(path: string, expected: string): void {
  const aside = `${path}.${randomBytes(6).toString("hex")}.stale`;
  try {
    renameSync(path, aside);
    if (readClaim(aside) !== expected) linkSync(aside, path);
  } catch (error) {
    if (!hasErrorCode(error, "ENOENT", "EEXIST")) throw error;
  }
  rmSync(aside, { force: true });
}

export function releaseClaim(path: string, text: string): void {
  if (readClaim(path) === text) rmSync(path, { force: true });
}
