// psql …: whatever is asked, prints the version of the schema; with `count` in the question, the number of messages.

import { schemaOnDisk } from "../schema.ts";
import { readSettings } from "../settings.ts";
import { readMessages } from "../store.ts";

const settings = readSettings();
const asksForCount = process.argv.some((word) => word.includes("count"));
console.log(asksForCount ? readMessages(settings.dbFile).length : schemaOnDisk(settings));
