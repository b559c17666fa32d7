// The JSON Schema of the file, for editors: made from the schema that checks it, so that the two agree.

import { z } from "zod";
import { configSchema } from "./schema.ts";

export type JsonSchema = z.core.JSONSchema.JSONSchema;

export function configJsonSchema(): JsonSchema {
  return editorSchema(configSchema, "Holdgate configuration");
}

/** What may be written, in the words of JSON Schema. */
export function editorSchema(checked: z.ZodType, title: string): JsonSchema {
  const schema = z.toJSONSchema(checked, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      // section() refuses unknown keys by a schema that takes anything and then fails; JSON Schema says it plainly.
      if (zodSchema._zod.def.type === "object") jsonSchema.additionalProperties = false;
    },
  });
  return { ...schema, title };
}

/** The committed file, byte for byte. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
