// manage.py, and `migrate` for those who have it as a program of its own:
//   migrate [--noinput] [VERSION]   to the schema of this image, or to the one that is named
//   up                              the same, as CometChat calls it: `migrate up`
//   migrate --check                 changes nothing, and exits with 1 when something is to be done
//   showmigrations --plan           prints what is to be done, nothing when nothing is
//   pending                         exits with 0 when something is to be done, else with 75
//   collectstatic, compress         leave what they made in STATIC_DIR

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { migrate, schemaOnDisk } from "../schema.ts";
import { readSettings } from "../settings.ts";

// The first process of a container is not ended by a signal unless it says so.
process.on("SIGTERM", () => process.exit(143));

const settings = readSettings();
const words = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const [command = "migrate", ...rest] = words;
const isPending = schemaOnDisk(settings) < settings.schemaVersion;

switch (command) {
  case "up":
  case "migrate":
    if (process.argv.includes("--check")) process.exit(isPending ? 1 : 0);
    await migrate(settings, Number(rest.find((word) => /^\d+$/.test(word)) ?? settings.schemaVersion));
    break;
  case "showmigrations":
    if (isPending) console.log(`[ ]  chat.${String(settings.schemaVersion).padStart(4, "0")}_colour`);
    break;
  case "pending":
    process.exitCode = isPending ? 0 : 75;
    break;
  case "collectstatic":
  case "compress":
    mkdirSync(settings.staticDir, { recursive: true });
    writeFileSync(join(settings.staticDir, `${command}.txt`), settings.version);
    console.log(`${command}: 1 file of ${settings.version}`);
    break;
  default:
    console.error(`Unknown command: '${command}'`);
    process.exitCode = 1;
}
