// How the shape of a value is written in the reference: its type in a few words, its fields as a table.

import type { Schema } from "./openapi-document.ts";

const DURATION = String.raw`^(\d+(?:\.\d+)?)(ms|s|m|h|d)$`;

/** `text`, `"open"` or `"hold"`, list of [Mode](#mode), number or null … */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return reference(schema.$ref);
  if (isDuration(schema)) return "[Duration](#duration)";
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(" or ");
  const types = [schema.type ?? "anything"].flat();
  return types.map((type) => nameOf(type, schema)).join(" or ");
}

/** A row for each field; empty for what is no mapping. */
export function fieldTable(schema: Schema): string[] {
  const rows = rowsOf(schema, "");
  return rows.length === 0 ? [] : ["| field | | |", "|---|---|---|", ...rows, ""];
}

function rowsOf(schema: Schema, prefix: string): string[] {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants?.every(({ properties }) => properties)) {
    return variants.flatMap((variant, at) => [
      ...(at === 0 ? [] : ["| *or* | | |"]),
      ...rowsOf(variant, prefix),
    ]);
  }
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) ? "" : ", may be missing";
    const row = `| \`${prefix}${name}\` | ${typeOf(field)}${optional} | ${field.description ?? ""} |`;
    return [row, ...rowsOf(field.items ?? field, field.items ? `${prefix}${name}[].` : `${prefix}${name}.`)];
  });
}

function nameOf(type: string, schema: Schema): string {
  switch (type) {
    case "array":
      return `list of ${schema.items ? typeOf(schema.items) : "anything"}`;
    case "object":
      return schema.properties ? "mapping" : mapOf(schema.additionalProperties);
    case "string":
      return "text";
    default:
      return type;
  }
}

function mapOf(values: Schema["additionalProperties"]): string {
  return typeof values === "object" && values.type !== undefined
    ? `mapping of names to ${typeOf(values)}`
    : "mapping";
}

function isDuration({ anyOf = [] }: Schema): boolean {
  return anyOf.some((each) => each.pattern === DURATION);
}

function reference(ref: string): string {
  const name = ref.slice(ref.lastIndexOf("/") + 1);
  return `[${name}](#${name.toLowerCase()})`;
}
