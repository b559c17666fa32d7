// redis-cli SAVE | BGSAVE | LASTSAVE | PING. What is saved is a copy of the messages beside them.

import { statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readSettings } from "../settings.ts";
import { readText } from "../store.ts";

const { dbFile } = readSettings();
const saved = join(dirname(dbFile), "dump.rdb");
const command = process.argv.at(-1)?.toUpperCase() ?? "PING";

if (command === "SAVE" || command === "BGSAVE") writeFileSync(saved, readText(dbFile));
if (command === "SAVE") console.log("OK");
else if (command === "BGSAVE") console.log("Background saving started");
else if (command === "LASTSAVE") console.log(Math.floor(statSync(saved).mtimeMs / 1000));
else if (command === "PING") console.log("PONG");
else console.log(`(error) ERR unknown command '${command}'`);
