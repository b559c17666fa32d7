// pg_restore -l [FILE]: lists what an archive holds. pg_restore [options] [FILE]: puts it in place of what is there.
// Without a file it reads standard input.

import { existsSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { readDump, restoreDump } from "../dump.ts";
import { readSettings } from "../settings.ts";

const words = process.argv.slice(2);
const file = words.find((word) => !word.startsWith("-") && existsSync(word));
try {
  const dump = readDump("PGDMP", file === undefined ? await text(process.stdin) : readFileSync(file, "utf8"));
  if (words.includes("-l") || words.includes("--list")) {
    console.log(`; Archive of schema ${dump.schema}\n215; 1259 TABLE public messages chat`);
  } else {
    restoreDump(dump, readSettings());
  }
} catch (error) {
  console.error(`pg_restore: error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
