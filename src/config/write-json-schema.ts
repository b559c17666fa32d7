// `npm run schema`: writes config/holdgate.schema.json anew. A test fails while the committed one differs.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { configJsonSchemaText } from "./json-schema.ts";

const target = fileURLToPath(new URL("../../config/holdgate.schema.json", import.meta.url));
writeFileSync(target, configJsonSchemaText());
console.log(`wrote ${target}`);
