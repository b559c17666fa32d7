// What a run must remember and nobody may read: specs of services with their environments, credentials, records of
// the journal with a secret in them. One file beside the journal, for its owner only.

import { readFile } from "node:fs/promises";
import { z } from "zod";
import { hasErrorCode } from "../../lib/error-code.ts";
import type { JsonObject } from "../../lib/json.ts";
import { writeFileDurably } from "../../lib/write-file-durably.ts";
import type { Vault } from "../operations/handler.ts";
import { JournalDamaged } from "./journal-damaged.ts";
import { jsonObject } from "./journal-schema.ts";

const vaultSchema = z.strictObject({ version: z.literal(1), entries: z.record(z.string(), jsonObject) });

export class FileVault implements Vault {
  readonly #path: string;
  readonly #entries: Map<string, JsonObject>;
  /** One write at a time: each writes the whole file. */
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, entries: Map<string, JsonObject>) {
    this.#path = path;
    this.#entries = entries;
  }

  /** @throws {JournalDamaged} when the file is there and cannot be read; it is left as it is. */
  static async open(path: string): Promise<FileVault> {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if (hasErrorCode(error, "ENOENT")) return new FileVault(path, new Map());
      throw error;
    }
    try {
      return new FileVault(path, new Map(Object.entries(vaultSchema.parse(JSON.parse(text)).entries)));
    } catch {
      // Without the cause: a parser quotes what it stumbled over.
      throw new JournalDamaged(path, "it is not what a runner has written");
    }
  }

  /** Resolves when it is durable. */
  put(key: string, value: JsonObject): Promise<void> {
    this.#entries.set(key, structuredClone(value));
    const text = `${JSON.stringify({ version: 1, entries: Object.fromEntries(this.#entries) })}\n`;
    this.#written = this.#written.catch(() => {}).then(() => writeFileDurably(this.#path, text));
    return this.#written;
  }

  async get(key: string): Promise<JsonObject | undefined> {
    return structuredClone(this.#entries.get(key));
  }
}
