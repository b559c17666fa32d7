// Who did what, when and from where: one line of JSON for each command, refused ones included. A file of
// its own, so that it stays when logs are rotated away.

import { open, readdir, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { AuditEntry, AuditFilter } from "./audit-entry.ts";
import { type ControlLog, silentLog } from "./control-log.ts";
import { hasErrorCode } from "./error-code.ts";
import { takeNewest } from "./read-audit.ts";

export type { AuditEntry, AuditFilter } from "./audit-entry.ts";

export interface AuditLogBounds {
  /** Of one file. */
  maxBytes: number;
  /** Full files that are kept beside the one that is written. */
  files: number;
}

export interface AuditLogOptions {
  /** Hears of a full file that cannot be set aside. */
  log?: Pick<ControlLog, "warn">;
  openFile?: typeof open;
}

const DEFAULT_BOUNDS: AuditLogBounds = { maxBytes: 8 * 1024 * 1024, files: 5 };
const NEWLINE = Buffer.from("\n");

export class AuditLog {
  readonly #directory: string;
  readonly #bounds: AuditLogBounds;
  readonly #options: Required<AuditLogOptions>;
  #file: FileHandle;
  #sizeBytes: number;
  /** Beyond maxBytes after a rotation that failed. */
  #rotateAtBytes: number;
  /** How often files have changed their names. */
  #renames = 0;
  /** The last line may have been written in part. */
  #isTorn = false;
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(
    directory: string,
    bounds: AuditLogBounds,
    options: Required<AuditLogOptions>,
    { file, sizeBytes }: Opened,
  ) {
    this.#directory = directory;
    this.#bounds = bounds;
    this.#options = options;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#rotateAtBytes = bounds.maxBytes;
  }

  /** `audit.jsonl` in `dataDir`; a full one becomes `audit.1.jsonl`, that one `audit.2.jsonl`, up to `files`. */
  static async open(
    dataDir: string,
    bounds: AuditLogBounds = DEFAULT_BOUNDS,
    { log = silentLog, openFile = open }: AuditLogOptions = {},
  ): Promise<AuditLog> {
    const opened = await openForAppending(join(dataDir, nameOf(0)), openFile);
    return new AuditLog(dataDir, bounds, { log, openFile }, opened);
  }

  /** Resolves when the line is in the file, lines in the order of the calls. Throws what the disk throws. */
  append(entry: AuditEntry): Promise<void> {
    return this.#inTurn(() => this.#write(Buffer.from(`${JSON.stringify(entry)}\n`)));
  }

  /** The newest `limit` entries that pass the filter, the newest last. No append waits while they are read. */
  async recent(limit: number, filter: AuditFilter = {}): Promise<AuditEntry[]> {
    const newestFirst: AuditEntry[] = [];
    // In turn, so that what was appended before is found.
    const renamesBefore = await this.#inTurn(async () => this.#renames);
    for (let age = 0; age <= this.#bounds.files && newestFirst.length < limit; age++) {
      // In turn, so that no file is between two names; what was read already may have moved on by then.
      const file = await this.#inTurn(() => this.#openToRead(age + this.#renames - renamesBefore));
      try {
        if (file) await takeNewest(file, limit, filter, newestFirst);
      } finally {
        await file?.close();
      }
    }
    return newestFirst.toReversed();
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#file.close());
  }

  async #write(line: Buffer): Promise<void> {
    const isFull = this.#sizeBytes > 0 && this.#sizeBytes + line.length > this.#rotateAtBytes;
    if (isFull) await this.#tryToRotate();
    const whole = this.#isTorn ? Buffer.concat([NEWLINE, line]) : line;
    this.#isTorn = true;
    await this.#file.appendFile(whole);
    this.#isTorn = false;
    this.#sizeBytes += whole.length;
  }

  /** Until it succeeds, the full file goes on being written: an entry is worth more than the bound. */
  async #tryToRotate(): Promise<void> {
    try {
      await this.#rotate();
    } catch (err) {
      this.#rotateAtBytes = this.#sizeBytes + Math.ceil(this.#bounds.maxBytes / 16);
      this.#options.log.warn({ err }, "the full audit log cannot be set aside; it is written on");
    }
  }

  async #rotate(): Promise<void> {
    await this.#makeRoom();
    const full = this.#file;
    const opened = await openForAppending(this.#pathOf(0), this.#options.openFile);
    this.#file = opened.file;
    this.#sizeBytes = opened.sizeBytes;
    this.#rotateAtBytes = this.#bounds.maxBytes;
    this.#isTorn = false;
    await full.close();
  }

  /** Only up to the first age that is free: one that was broken off goes on there, and drops nothing more. */
  async #makeRoom(): Promise<void> {
    const names = new Set(await readdir(this.#directory));
    let free = 0;
    while (free < this.#bounds.files && names.has(nameOf(free))) free++;
    if (free === 0) return;
    for (let age = free; age > 0; age--) await rename(this.#pathOf(age - 1), this.#pathOf(age));
    this.#renames += 1;
  }

  async #openToRead(age: number): Promise<FileHandle | undefined> {
    try {
      return await this.#options.openFile(this.#pathOf(age), "r");
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  #pathOf(age: number): string {
    return join(this.#directory, nameOf(age));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}

interface Opened {
  file: FileHandle;
  sizeBytes: number;
}

async function openForAppending(path: string, openFile: typeof open): Promise<Opened> {
  const file = await openFile(path, "a+", 0o600);
  try {
    return { file, sizeBytes: await endLastLine(file) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** How large the file is. */
async function endLastLine(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (size === 0) return 0;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() === "\n") return size;
  // A crash cut the last line; without this the next one would be lost in it.
  await file.appendFile("\n");
  return size + 1;
}

function nameOf(age: number): string {
  return age === 0 ? "audit.jsonl" : `audit.${age}.jsonl`;
}
