// A dump of schema and messages that says itself whether it is whole, for the stand-ins of pg_dump and mongodump.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { schemaOnDisk, writeSchema } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { readText } from "./store.ts";

export interface Dump {
  schema: number;
  messages: string;
}

export function makeDump(kind: string, settings: Settings): string {
  const dump: Dump = { schema: schemaOnDisk(settings), messages: readText(settings.dbFile) };
  const content = JSON.stringify(dump);
  return `${kind}\n${content}\n${sha256(content)}\n`;
}

/** Throws when it is of another kind, or not whole. */
export function readDump(kind: string, text: string): Dump {
  const [found, content = "", sum] = text.split("\n");
  if (found !== kind) throw new Error("input file does not appear to be a valid archive");
  if (sum !== sha256(content)) throw new Error("unexpected end of file");
  return JSON.parse(content);
}

/** In place of whatever there is. */
export function restoreDump(dump: Dump, settings: Settings): void {
  mkdirSync(dirname(settings.dbFile), { recursive: true });
  writeFileSync(settings.dbFile, dump.messages);
  writeSchema(settings, dump.schema);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
