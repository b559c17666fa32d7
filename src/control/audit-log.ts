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

const MAX_FILE_BYTES = 8 * 1024 * 1024;

export class AuditLog {
  readonly #path: string;
  readonly #rotatedPath: string;
  readonly #maxBytes: number;
  #file: FileHandle;
  #sizeBytes: number;
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(paths: { path: string; rotatedPath: string }, maxBytes: number, opened: Opened) {
    this.#path = paths.path;
    this.#rotatedPath = paths.rotatedPath;
    this.#maxBytes = maxBytes;
    this.#file = opened.file;
    this.#sizeBytes = opened.sizeBytes;
  }

  /** `audit.jsonl` in `dataDir`; beyond `maxBytes` it becomes `audit.1.jsonl`, in place of an older one. */
  static async open(dataDir: string, maxBytes = MAX_FILE_BYTES): Promise<AuditLog> {
    const paths = { path: join(dataDir, "audit.jsonl"), rotatedPath: join(dataDir, "audit.1.jsonl") };
    return new AuditLog(paths, maxBytes, await openForAppending(paths.path));
  }

  /** Resolves when the line is in the file, lines in the order of the calls. Throws what the disk throws. */
  append(entry: AuditEntry): Promise<void> {
    return this.#inTurn(() => this.#write(Buffer.from(`${JSON.stringify(entry)}\n`)));
  }

  /** The newest `limit` entries, the newest last. */
  async recent(limit: number): Promise<AuditEntry[]> {
    if (limit <= 0) return [];
    return await this.#inTurn(async () => {
      const newer = await readEntries(this.#path);
      const older = newer.length < limit ? await readEntries(this.#rotatedPath) : [];
      return [...older, ...newer].slice(-limit);
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#file.close());
  }

  async #write(line: Buffer): Promise<void> {
    if (this.#sizeBytes > 0 && this.#sizeBytes + line.length > this.#maxBytes) await this.#rotate();
    await this.#file.appendFile(line);
    this.#sizeBytes += line.length;
  }

  async #rotate(): Promise<void> {
    await rename(this.#path, this.#rotatedPath).catch((error: unknown) => {
      // Somebody has moved it away already; then only a new one is wanted.
      if (!hasErrorCode(error, "ENOENT")) throw error;
    });
    const full = this.#file;
    const opened = await openForAppending(this.#path);
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

async function readEntries(path: string): Promise<AuditEntry[]> {
  try {
    const lines = (await readFile(path, "utf8")).split("\n");
    return lines.flatMap(parseLine);
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return [];
    throw error;
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
