// Every key with its default and meaning, for the table in the README.

import { type JsonSchema, configJsonSchema } from "./json-schema.ts";

export interface DescribedKey {
  /** `services.<name>.hold.maxWait` */
  key: string;
  /** As one would write it; empty when there is none. */
  default: string;
  description: string;
}

export function describeKeys(): DescribedKey[] {
  return keysOf(configJsonSchema(), "");
}

function keysOf(schema: JsonSchema, key: string): DescribedKey[] {
  const own = schema.description === undefined ? [] : [described(schema, schema.description, key)];
  return [...own, ...formsOf(schema).flatMap((form) => innerKeys(form, key))];
}

function described(schema: JsonSchema, description: string, key: string): DescribedKey {
  return { key, default: schema.default === undefined ? "" : written(schema.default), description };
}

// Where a value may be written in several forms, one of them may be a mapping with keys of its own.
function formsOf(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []).filter(isSchema)];
}

function innerKeys(schema: JsonSchema, key: string): DescribedKey[] {
  const prefix = key === "" ? "" : `${key}.`;
  const fixed = Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
    isSchema(inner) ? keysOf(inner, `${prefix}${name}`) : [],
  );
  const named = schema.additionalProperties;
  return isSchema(named) ? [...fixed, ...keysOf(named, `${prefix}${freeKey(schema)}`)] : fixed;
}

/** What stands for a key of the operator's own choice: a name, or a path prefix. */
function freeKey({ propertyNames }: JsonSchema): string {
  return isSchema(propertyNames) && propertyNames.pattern?.startsWith("^\\/") ? "<prefix>" : "<name>";
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}

/** A default in the form of the file: `30s`, `[/]`, `{}`. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}
