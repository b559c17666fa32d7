// mongodump --archive [--gzip]: to standard output, or with --archive=FILE into a file.

import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { makeDump } from "../dump.ts";
import { readSettings } from "../settings.ts";

const dump = Buffer.from(makeDump("MDMP", readSettings()));
const archive = process.argv.includes("--gzip") ? gzipSync(dump) : dump;
const file = process.argv.find((word) => word.startsWith("--archive="))?.slice("--archive=".length);
if (file === undefined) process.stdout.write(archive);
else writeFileSync(file, archive);
