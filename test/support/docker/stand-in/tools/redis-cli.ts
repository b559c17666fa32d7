// redis-cli …, in a container with ROLE=redis: asks it. Elsewhere SAVE | BGSAVE | LASTSAVE | PING: what is saved is a
// copy of the messages beside them.

import { statSync, writeFileSync } from "node:fs";
import { askRedis } from "../redis.ts";
import { readSettings } from "../settings.ts";
import { readText } from "../store.ts";

const { role, port, dbFile, dumpFile } = readSettings();

if (role === "redis") console.log(await askRedis(`127.0.0.1:${port}`, process.argv.slice(2).join(" ")));
else actAsRedis(process.argv.at(-1)?.toUpperCase() ?? "PING");

function actAsRedis(command: string): void {
  if (command === "SAVE" || command === "BGSAVE") writeFileSync(dumpFile, readText(dbFile));
  if (command === "SAVE") console.log("OK");
  else if (command === "BGSAVE") console.log("Background saving started");
  else if (command === "LASTSAVE") console.log(Math.floor(statSync(dumpFile).mtimeMs / 1000));
  else if (command === "PING") console.log("PONG");
  else console.log(`(error) ERR unknown command '${command}'`);
}
