import { createReadStream } from "node:fs";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";

/** The bytes that were backed up, from the file that they were written to. */
export function readBackup(path: string, gunzip: boolean): Readable {
  const file = createReadStream(path);
  if (!gunzip) return file;
  // An error on either side reaches whoever reads; a reader who goes closes the file.
  return pipeline(file, createGunzip(), () => {});
}
