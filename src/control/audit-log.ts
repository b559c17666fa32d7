// Who did what, when and from where: one line of JSON for each command, refused ones included. A file of
// its own, so that it stays when logs are rotated away.

import { open, readFile, rename } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { hasErrorCode } from "./error-code.ts";

const auditEntrySchema = z.object({
  /** ISO 8601, UTC. */
  at: z.string(),
  /** The token's name, or `holdgate` for what the gateway does by itself. */
  actor: z.string(),
  /** The client's address, `unix`, or what made the gateway act. */
  from: z.string(),
  action: z.string(),
  service: z.string().nullable(),
  outcome: z.enum(["done", "refused"]),
  /** The ErrorCode of the refusal; as text, because the file may come from another version. */
  code: z.string().optional(),
  /** The version of the state afterwards. */
  version: z.number(),
  parameters: z.record(z.string(), z.unknown()),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;

export interface AuditLogBounds {
  /** Of one file. */
  maxBytes: number;
  /** Full files that are kept beside the one that is written. */
  files: number;
}

/** What to look for; what is left out is any. */
export interface AuditFilter {
  actor?: string | undefined;
  action?: string | undefined;
}

const DEFAULT_BOUNDS: AuditLogBounds = { maxBytes: 8 * 1024 * 1024, files: 5 };

export class AuditLog {
  readonly #directory: string;
  readonly #bounds: AuditLogBounds;
  #file: FileHandle;
  #sizeBytes: number;
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(directory: string, bounds: AuditLogBounds, opened: Opened) {
    this.#directory = directory;
    this.#bounds = bounds;
    this.#file = opened.file;
    this.#sizeBytes = opened.sizeBytes;
  }

  /** `audit.jsonl` in `dataDir`; a full one becomes `audit.1.jsonl`, that one `audit.2.jsonl`, up to `files`. */
  static async open(dataDir: string, bounds: AuditLogBounds = DEFAULT_BOUNDS): Promise<AuditLog> {
    return new AuditLog(dataDir, bounds, await openForAppending(pathOf(dataDir, 0)));
  }

  /** Resolves when the line is in the file, lines in the order of the calls. Throws what the disk throws. */
  append(entry: AuditEntry): Promise<void> {
    return this.#inTurn(() => this.#write(Buffer.from(`${JSON.stringify(entry)}\n`)));
  }

  /** The newest `limit` entries that pass the filter, the newest last. */
  async recent(limit: number, filter: AuditFilter = {}): Promise<AuditEntry[]> {
    return await this.#inTurn(async () => {
      const newestFirst: AuditEntry[] = [];
      for (let age = 0; age <= this.#bounds.files && newestFirst.length < limit; age++) {
        takeNewest(await readLines(pathOf(this.#directory, age)), limit, filter, newestFirst);
      }
      return newestFirst.toReversed();
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#file.close());
  }

  async #write(line: Buffer): Promise<void> {
    if (this.#sizeBytes > 0 && this.#sizeBytes + line.length > this.#bounds.maxBytes) await this.#rotate();
    await this.#file.appendFile(line);
    this.#sizeBytes += line.length;
  }

  async #rotate(): Promise<void> {
    for (let age = this.#bounds.files; age > 0; age--) {
      await renameIfThere(pathOf(this.#directory, age - 1), pathOf(this.#directory, age));
    }
    const full = this.#file;
    const opened = await openForAppending(pathOf(this.#directory, 0));
    this.#file = opened.file;
    this.#sizeBytes = opened.sizeBytes;
    await full.close();
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

async function openForAppending(path: string): Promise<Opened> {
  const file = await open(path, "a+", 0o600);
  const { size } = await file.stat();
  if (size === 0) return { file, sizeBytes: 0 };
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() === "\n") return { file, sizeBytes: size };
  // A crash cut the last line; without this the next one would be lost in it.
  await file.appendFile("\n");
  return { file, sizeBytes: size + 1 };
}

function pathOf(directory: string, age: number): string {
  return join(directory, age === 0 ? "audit.jsonl" : `audit.${age}.jsonl`);
}

/** Somebody may have moved it away; then there is nothing to set aside. */
async function renameIfThere(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!hasErrorCode(error, "ENOENT")) throw error;
  });
}

async function readLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n");
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return [];
    throw error;
  }
}

/** From the end, so that of a full file only what is asked for is parsed. */
function takeNewest(
  lines: readonly string[],
  limit: number,
  { actor, action }: AuditFilter,
  into: AuditEntry[],
): void {
  for (let at = lines.length - 1; at >= 0 && into.length < limit; at--) {
    const [entry] = parseLine(lines[at] ?? "");
    if (entry === undefined) continue;
    if ((actor ?? entry.actor) === entry.actor && (action ?? entry.action) === entry.action) into.push(entry);
  }
}

/** Nothing for a line that a crash cut short. */
function parseLine(line: string): AuditEntry[] {
  try {
    return [auditEntrySchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
