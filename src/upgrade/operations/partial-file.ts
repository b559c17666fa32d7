// A file that exists under its name only when it is whole and on the disk:
//
//   <path>.partial, readable by its owner only ▸ fsync ▸ the name ▸ fsync of the directory
//
// What a killed attempt has left is discarded by the next one.

import { createWriteStream } from "node:fs";
import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { Writable } from "node:stream";

export class PartialFile {
  readonly path: string;
  readonly partialPath: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.partialPath = partialPathOf(path);
    this.#handle = handle;
  }

  static async create(path: string): Promise<PartialFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await rm(partialPathOf(path), { force: true });
    return new PartialFile(path, await open(partialPathOf(path), "wx", 0o600));
  }

  /** From the beginning; to be ended before `sync`. */
  stream(): Writable {
    return createWriteStream(this.partialPath, { fd: this.#handle.fd, autoClose: false, start: 0 });
  }

  /** On the disk, under its partial name. */
  async sync(): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
  }

  /** Under its name; with `replace` also when there is a file of that name. */
  async keep({ replace }: { replace: boolean }): Promise<void> {
    if (replace) await rename(this.partialPath, this.path);
    else await moveToNewName(this.partialPath, this.path);
    const directory = await open(dirname(this.path), "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }

  async discard(): Promise<void> {
    // Closing twice is harmless.
    await this.#handle.close().catch(() => {});
    await rm(this.partialPath, { force: true });
  }
}

function partialPathOf(path: string): string {
  return `${path}.partial`;
}

/** A rename would silently take the place of a file that is there; a link fails. */
async function moveToNewName(from: string, to: string): Promise<void> {
  await link(from, to);
  await rm(from);
}
