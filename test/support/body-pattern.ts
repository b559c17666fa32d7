// Large bodies for tests: the same mebibyte again and again, written no faster than it is taken, and checked
// at its place wherever it arrives.

import { randomBytes } from "node:crypto";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";

export const MEBIBYTE = 1024 * 1024;

const pattern = randomBytes(MEBIBYTE);
/** Twice, so that every piece of up to a mebibyte stands in it at its offset. */
const twice = Buffer.concat([pattern, pattern]);

/** Writes so many mebibytes as fast as the stream takes them; the stream is not ended. */
export async function writePattern(stream: Writable, mebibytes: number): Promise<void> {
  await pipeline(repeated(mebibytes), stream, { end: false });
}

function* repeated(mebibytes: number): Generator<Buffer> {
  for (let written = 0; written < mebibytes; written++) yield pattern;
}

/** Takes a body piece by piece. */
export class PatternReader {
  /** Bytes that have come. */
  bytes = 0;
  /** Whether all of them were the right ones. */
  intact = true;

  take(piece: Buffer): void {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + MEBIBYTE);
      const from = this.bytes % MEBIBYTE;
      this.intact &&= part.equals(twice.subarray(from, from + part.length));
      this.bytes += part.length;
      at += part.length;
    }
  }
}
