// A part of `npm run schema`: writes config/upgrade.schema.json anew. A test fails while the committed one differs.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { planJsonSchemaText } from "./plan-json-schema.ts";

const target = fileURLToPath(new URL("../../../config/upgrade.schema.json", import.meta.url));
writeFileSync(target, planJsonSchemaText());
console.log(`wrote ${target}`);
