// mongorestore --archive[=FILE] [--gzip] [--dryRun]: from standard input without a file; with --dryRun only looks.

import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { readDump, restoreDump } from "../dump.ts";
import { readSettings } from "../settings.ts";

const file = process.argv.find((word) => word.startsWith("--archive="))?.slice("--archive=".length);
try {
  const archive = file === undefined ? await buffer(process.stdin) : readFileSync(file);
  const text = (process.argv.includes("--gzip") ? gunzipSync(archive) : archive).toString();
  const dump = readDump("MDMP", text);
  if (!process.argv.includes("--dryRun")) restoreDump(dump, readSettings());
} catch (error) {
  console.error(`Failed: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
