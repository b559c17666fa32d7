// Writes data to one file, and proves it:
//
//   <to>.partial: read, written, on the disk ▸ large enough ▸ verified from the disk ▸ its sum noted ▸ <to>
//
// A file under its name is whole. It is never overwritten; what a killed attempt has left is discarded.

import { access } from "node:fs/promises";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { JsonObject } from "../../lib/json.ts";
import { formatByteSize } from "../../lib/byte-size.ts";
import { readSource } from "./data-source.ts";
import { hashFile } from "./hash-file.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { byteMeter, hashMeter } from "./meters.ts";
import type { OperationOf } from "./operation.ts";
import { PartialFile } from "./partial-file.ts";
import { removeLeft } from "./remove-left.ts";
import { StepFailure } from "./step-failure.ts";
import { verifyBackup } from "./verify-backup.ts";

type Backup = OperationOf<"backup">;

export const backup: Handler<"backup"> = {
  async perform(operation, context) {
    const path = resolve(context.run.directory, operation.to);
    if (await isThere(path)) return finishEarlier(path, context);
    const file = await PartialFile.create(path).catch((cause: unknown) => {
      throw explained(path, cause);
    });
    try {
      const written = await write(operation, file, context);
      await verifyBackup(operation, file.partialPath, context);
      await context.note(written);
      await file.keep({ replace: false });
      return { file: path, ...written };
    } catch (error) {
      await file.discard();
      throw explained(path, error);
    }
  },
  /** Its file is kept: it may be all that is left. */
  inverse: ({ id, source }, outcome) =>
    outcome === undefined && source.kind === "run" ? removeLeft(id, `the one-off of ${id}`) : [],
};

/** Whole already when an earlier attempt noted its sum; else it is somebody else's. */
async function finishEarlier(path: string, { notes, signal }: PerformContext): Promise<JsonObject> {
  const { sha256, bytes } = notes;
  if (typeof sha256 === "string" && (await hashFile(path, signal)) === sha256) {
    return { file: path, bytes: bytes ?? null, sha256 };
  }
  throw new StepFailure(
    `there is a file ${path} already, and a backup never overwrites one; move it or change \`to\``,
  );
}

async function write(
  operation: Backup,
  file: PartialFile,
  context: PerformContext,
): Promise<{ bytes: number; sha256: string }> {
  const read = byteMeter(context);
  const stored = hashMeter();
  const storing = operation.gzip
    ? pipeline(read.stream, createGzip(), stored.stream, file.stream())
    : pipeline(read.stream, stored.stream, file.stream());
  const reading = readSource(operation, read.stream, context).catch((error: unknown) => {
    read.stream.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const [hasRead, hasStored] = await Promise.allSettled([reading, storing]);
  if (hasStored.status === "rejected" && isDiskFull(hasStored.reason)) throw hasStored.reason;
  if (hasRead.status === "rejected") throw hasRead.reason;
  if (hasStored.status === "rejected") throw hasStored.reason;
  await file.sync();
  if (read.bytes() < operation.minBytes) {
    const limit = formatByteSize(operation.minBytes);
    throw new StepFailure(
      `the backup has ${read.bytes()} bytes, less than the ${limit} that it must have at least`,
    );
  }
  return { bytes: stored.bytes(), sha256: stored.sha256() };
}

function explained(path: string, error: unknown): unknown {
  if (!isDiskFull(error)) return error;
  const what = `the disk is full: ${path} could not be written whole, and what there was of it was removed`;
  return new StepFailure(`${what}; make room, or give another place in \`to\``, "failed", { cause: error });
}

function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT", "EFBIG"].includes(String(error.code))
  );
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
