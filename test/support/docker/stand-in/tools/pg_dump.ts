// pg_dump [options] [database]: to standard output. DUMP_EXIT makes it break off in the middle with that code.

import { makeDump } from "../dump.ts";
import { readSettings } from "../settings.ts";

const dump = makeDump("PGDMP", readSettings());
const code = Number(process.env.DUMP_EXIT ?? 0);
process.stdout.write(code === 0 ? dump : dump.slice(0, dump.length / 2));
if (code !== 0) console.error("pg_dump: error: server closed the connection unexpectedly");
process.exitCode = code;
