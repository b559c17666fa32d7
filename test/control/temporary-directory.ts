import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A directory of its own for this test, gone afterwards. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "holdgate-control-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
