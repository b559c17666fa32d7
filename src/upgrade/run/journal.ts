// The journal of a run: append-only JSON lines, each durable before the call that wrote it resolves. Effects come
// between two of them, so whoever reads it knows of every effect that it happened, or that it may have.

import { mkdir, open, readFile } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { hasErrorCode } from "../../lib/error-code.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Vault } from "../operations/handler.ts";
import { JournalDamaged } from "./journal-damaged.ts";
import type { JournalEntry, JournalRecord } from "./journal-record.ts";
import { parseRecord, parseWholeRecord } from "./journal-schema.ts";
import type { Redactor } from "./redactor.ts";

const LF = 0x0a;

/** Where a run writes down what it does. */
export interface Journal {
  /** Resolves when the record is durable, with the record as it was given: no secret taken out. */
  append(entry: JournalEntry): Promise<JournalRecord>;
}

export interface JournalFileDeps {
  vault: Vault;
  redactor: Redactor;
  clock: Clock;
}

export class JournalFile implements Journal {
  readonly #file: FileHandle;
  readonly #deps: JournalFileDeps;
  #seq: number;
  /** One write at a time; after one that failed nothing is written any more. */
  #written: Promise<void> = Promise.resolve();

  private constructor(file: FileHandle, deps: JournalFileDeps, seq: number) {
    this.#file = file;
    this.#deps = deps;
    this.#seq = seq;
  }

  /** For a new run; its directory is made durable with it. */
  static async create(path: string, deps: JournalFileDeps): Promise<JournalFile> {
    const directory = dirname(path);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(path, "ax", 0o600);
    for (const parent of [directory, dirname(directory), dirname(dirname(directory))]) {
      await syncDirectory(parent);
    }
    return new JournalFile(file, deps, 0);
  }

  /**
   * To go on with a run: a line that a crash has torn is cut off.
   * @throws {JournalDamaged} when anything else in it cannot be read.
   */
  static async reopen(
    path: string,
    deps: JournalFileDeps,
  ): Promise<{ journal: JournalFile; records: JournalRecord[] }> {
    const { records, wholeBytes } = await readJournal(path, deps.vault);
    const file = await open(path, "a", 0o600);
    await file.truncate(wholeBytes);
    await file.sync();
    return { journal: new JournalFile(file, deps, records.length), records };
  }

  append(entry: JournalEntry): Promise<JournalRecord> {
    this.#seq += 1;
    const at = new Date(this.#deps.clock.wall()).toISOString();
    const record: JournalRecord = { seq: this.#seq, at, ...entry };
    const writing = this.#written.then(() => this.#write(record));
    // Who has not awaited it hears of it with the next record.
    this.#written = writing;
    writing.catch(() => {});
    return writing.then(() => record);
  }

  /** Resolves when what was appended is written. */
  async close(): Promise<void> {
    await this.#written.catch(() => {});
    await this.#file.close();
  }

  async #write(record: JournalRecord): Promise<void> {
    const { seq, at, type, ...rest } = record;
    const shown = this.#deps.redactor.json(rest);
    const hidden = JSON.stringify(shown) !== JSON.stringify(rest);
    // First, so that the line never stands there without what it leaves out.
    if (hidden) await this.#deps.vault.put(vaultKey(seq), toJson(record));
    const line = hidden ? { seq, at, type, redacted: true, ...shown } : record;
    await this.#file.appendFile(`${JSON.stringify(line)}\n`);
    await this.#file.datasync();
  }
}

/** Every whole record, and how many bytes they take; what comes after them is the torn end. */
export async function readJournal(
  path: string,
  vault: Vault,
): Promise<{ records: JournalRecord[]; wholeBytes: number }> {
  const { values, wholeBytes } = await readLines(path);
  const records: JournalRecord[] = [];
  for (const [index, value] of values.entries()) {
    records.push(await toRecord(path, index + 1, value, vault));
  }
  return { records, wholeBytes };
}

/** For people: secrets are left out, so that not everything in it can be relied on. */
export async function readShownJournal(path: string): Promise<JournalRecord[]> {
  const { values } = await readLines(path);
  return values.map((value, index) => {
    const parsed = parseRecord(value);
    if (parsed.kind === "invalid") throw new JournalDamaged(path, `line ${index + 1}: ${parsed.reason}`);
    return parsed.kind === "record" ? parsed.record : parsed.shown;
  });
}

/** Of which service a run is, also where the rest of its journal cannot be read; null: that is not known either. */
export async function readService(path: string): Promise<string | null> {
  const { values } = await readLines(path).catch(() => ({ values: [] }));
  const parsed = parseRecord(values[0]);
  if (parsed.kind === "invalid") return null;
  const begun = startedSchema.safeParse(parsed.kind === "record" ? parsed.record : parsed.shown);
  const service = begun.data?.program.service ?? null;
  // Masked, where a secret is called like the service: no name has an asterisk.
  return service?.includes("*") ? null : service;
}

const startedSchema = z.object({ program: z.object({ service: z.string() }) });

async function readLines(path: string): Promise<{ values: unknown[]; wholeBytes: number }> {
  const bytes = await readFile(path);
  const values: unknown[] = [];
  let begin = 0;
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, begin)) {
    const value = parseJson(bytes.subarray(begin, end).toString("utf8"));
    // The end of a file can be longer than what was written of it before the power went.
    if (value === undefined && end === bytes.length - 1) break;
    values.push(value);
    begin = end + 1;
  }
  return { values, wholeBytes: begin };
}

async function toRecord(path: string, seq: number, value: unknown, vault: Vault): Promise<JournalRecord> {
  const parsed = parseRecord(value);
  if (parsed.kind === "invalid") throw new JournalDamaged(path, `line ${seq}: ${parsed.reason}`);
  const record = parsed.kind === "record" ? parsed.record : await fromVault(path, parsed.seq, vault);
  if (record.seq !== seq) throw new JournalDamaged(path, `line ${seq} has the number ${record.seq}`);
  return record;
}

async function fromVault(path: string, seq: number, vault: Vault): Promise<JournalRecord> {
  const kept = await vault.get(vaultKey(seq));
  const record = kept === undefined ? undefined : parseWholeRecord(kept);
  if (record === undefined) {
    throw new JournalDamaged(path, `line ${seq}: what was taken out of it is not in private.json`);
  }
  return { ...record, redacted: true };
}

function vaultKey(seq: number): string {
  return `journal.${seq}`;
}

function toJson(record: JournalRecord): JsonObject {
  return JSON.parse(JSON.stringify(record));
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch (error) {
    // Of the directories above, some may belong to others.
    if (!hasErrorCode(error, "EACCES", "EPERM")) throw error;
  }
}
