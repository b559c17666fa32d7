// What passes through a stream, counted.

import { createHash } from "node:crypto";
import { Transform } from "node:stream";
import type { PerformContext } from "./handler.ts";
import { megabytes } from "./megabytes.ts";

const SHOWN_EVERY_MS = 500;

/** Its bytes, shown as progress. */
export function byteMeter({ clock, progress }: Pick<PerformContext, "clock" | "progress">): {
  stream: Transform;
  bytes(): number;
} {
  let bytes = 0;
  let shownAt = clock.now();
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (clock.now() - shownAt >= SHOWN_EVERY_MS) {
        shownAt = clock.now();
        progress({ text: megabytes(bytes) });
      }
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
}

/** Its bytes and their sum. */
export function hashMeter(): { stream: Transform; bytes(): number; sha256(): string } {
  const hash = createHash("sha256");
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes, sha256: () => hash.digest("hex") };
}
