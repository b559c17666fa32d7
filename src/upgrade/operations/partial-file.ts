// A file that exists under its name only when it is whole and on the disk:
//
//   <path>.partial, readable by its owner only ▸ fsync ▸ the name ▸ fsync of the directory
//
// What a killed attempt has left is discarded by the next one.

import { type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Writable } from "node:stream";

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

  /** To be ended before `sync`. The handle stays this file's: a stream that closed it too would close another's. */
  stream(): Writable {
    const handle = this.#handle;
    return new Writable({
      write(chunk: Buffer, _encoding, done) {
        void append(handle, chunk, done);
      },
    });
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

async function append(handle: FileHandle, chunk: Buffer, done: (error?: Error) => void): Promise<void> {
  try {
    await handle.appendFile(chunk);
  } catch (error) {
    done(error instanceof Error ? error : new Error(String(error)));
    return;
  }
  done();
}
