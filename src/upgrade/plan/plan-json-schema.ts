// The JSON Schema of a plan, for editors: made from the schema that checks it, so that the two agree.

import { editorSchema, type JsonSchema } from "../../config/json-schema.ts";
import { planSchema } from "./plan-schema.ts";

const VARIABLE = "\\$\\{";

/** Of a plan whose variables are in their place. */
export function planJsonSchema(): JsonSchema {
  return editorSchema(planSchema, "Holdgate upgrade plan");
}

/** The committed file, byte for byte. */
export function planJsonSchemaText(): string {
  return `${JSON.stringify(asWritten(planJsonSchema()), null, 2)}\n`;
}

// In the file, any value may be a variable, and a mapping whose keys may all be left out may be left empty.
function asWritten(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(asWritten);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([key, value]) => [
    key,
    key === "propertyNames" ? value : asWritten(value),
  ]);
  return withVariable(Object.fromEntries(entries));
}

function withVariable(node: Record<string, unknown>): Record<string, unknown> {
  if (typeof node["pattern"] === "string") return { ...node, pattern: `(?:${node["pattern"]})|${VARIABLE}` };
  if (Array.isArray(node["enum"])) {
    const { type, enum: values, ...rest } = node;
    return {
      ...rest,
      anyOf: [
        { type, enum: values },
        { type: "string", pattern: VARIABLE },
      ],
    };
  }
  if (node["type"] === "object" && !("required" in node)) return { ...node, type: ["object", "null"] };
  return node;
}
