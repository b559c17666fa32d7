// Reads a file of the audit log from its end, piece by piece, so that neither a large file nor a search that finds
// nothing keeps anything else waiting.

import type { FileHandle } from "node:fs/promises";
import { type AuditEntry, auditEntrySchema, type AuditFilter } from "./audit-entry.ts";

const PIECE_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Adds the newest entries that pass the filter, newest first, until there are `limit`. */
export async function takeNewest(
  file: FileHandle,
  limit: number,
  filter: AuditFilter,
  into: AuditEntry[],
): Promise<void> {
  for await (const lines of newestLines(file)) {
    for (const line of lines) {
      if (into.length >= limit) return;
      into.push(...parseLine(line).filter((entry) => passes(entry, filter)));
    }
  }
}

/** The newest first, as many at a time as are in a piece. */
async function* newestLines(file: FileHandle): AsyncGenerator<string[]> {
  // Of the line that begins in a piece that was not read yet; the end of it first.
  let begun: Buffer[] = [];
  let { size: end } = await file.stat();
  while (end > 0) {
    const start = Math.max(0, end - PIECE_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    const piece = buffer.subarray(0, bytesRead);
    end = start;
    const cut = piece.indexOf(NEWLINE);
    begun.push(piece.subarray(cut + 1));
    if (cut === -1) continue;
    yield linesOf(begun);
    begun = [piece.subarray(0, cut)];
  }
  yield linesOf(begun);
}

function linesOf(lastFirst: Buffer[]): string[] {
  return Buffer.concat(lastFirst.toReversed()).toString("utf8").split("\n").toReversed();
}

function passes(entry: AuditEntry, { actor, action }: AuditFilter): boolean {
  return (actor ?? entry.actor) === entry.actor && (action ?? entry.action) === entry.action;
}

/** Nothing for a line that a crash or a full disk cut short. */
function parseLine(line: string): AuditEntry[] {
  if (line === "") return [];
  try {
    return [auditEntrySchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}
