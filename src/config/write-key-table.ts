// `npm run docs`: brings the table of keys in the README up to date. A test fails while it is not.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { withKeyTable } from "./key-table.ts";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));
writeFileSync(README, withKeyTable(readFileSync(README, "utf8")));
console.log(`wrote the keys into ${README}`);
