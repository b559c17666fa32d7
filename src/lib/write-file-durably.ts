// Replaces a file so that a crash at any point leaves the old content or the new one, whole:
//
//   write a temporary file beside it ▸ fsync it ▸ rename it over the old one ▸ fsync the directory
//
// Without the first fsync a power cut can leave an empty file under the new name; without the second
// the rename itself can be forgotten.

import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What has been done so far. `durable` comes last: nothing is left to lose. */
export type WriteStep = "begin" | "written" | "synced" | "renamed" | "durable";

export interface DurableWriteOptions {
  /** Default 0600. */
  mode?: number;
  /** Told of each step as it is done; what it throws fails the write there. */
  onStep?: ((step: WriteStep, temporaryPath: string) => void) | undefined;
}

/** Throws what the file system throws. The old content is untouched unless `renamed` was reached. */
export async function writeFileDurably(
  path: string,
  text: string,
  { mode = 0o600, onStep = () => {} }: DurableWriteOptions = {},
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  // Opened first, so that running out of file descriptors cannot fail the write after the rename.
  const directory = await open(dirname(path), "r");
  try {
    onStep("begin", temporary);
    await writeSynced(temporary, text, mode, onStep);
    await rename(temporary, path);
    onStep("renamed", temporary);
    await directory.sync();
    onStep("durable", temporary);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  } finally {
    await directory.close();
  }
}

/** Removes what writes of `path` left behind when their process was killed. */
export async function removeLeftovers(path: string): Promise<void> {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(directory)) {
    if (name.startsWith(prefix) && name.endsWith(".tmp")) await rm(join(directory, name), { force: true });
  }
}

async function writeSynced(
  path: string,
  text: string,
  mode: number,
  onStep: (step: WriteStep, temporaryPath: string) => void,
): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    onStep("written", path);
    await file.sync();
    onStep("synced", path);
  } finally {
    await file.close();
  }
}
