// A part of `npm run docs`: writes docs/plan-reference.md anew. A test fails while the committed one differs.

import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { planReference } from "./plan-reference.ts";

const target = fileURLToPath(new URL("../../../docs/plan-reference.md", import.meta.url));
writeFileSync(target, planReference());
console.log(`wrote ${target}`);
