// docs/plan-reference.md: every verb with its fields, made from the schema that checks a plan.

import type { JsonSchema } from "../../config/json-schema.ts";
import { planJsonSchema } from "./plan-json-schema.ts";
import { checkFields, checkKinds } from "./check-schema.ts";
import { COMMON_KEYS, VERBS } from "./step-schema.ts";

interface Field {
  key: string;
  default: string;
  description: string;
}

const INTRODUCTION = `# Plans

What \`holdgate upgrade PLAN\` does is written in a YAML file. Five whole plans are in
[examples/plans](../examples/plans/README.md); this page is made by \`npm run docs\`, from the schema that checks them.

- A value may be a variable: \`\${name}\` of \`vars\`, and \`\${run}\` (the id of the run), \`\${service}\`, \`\${active}\` (the upstream
  that serves) and \`\${idle}\` (the other one, when there are two). \`$\${\` is \`\${\` itself.
- \`\${secrets.name}\` may stand in environments, headers, bodies and commands: where it is not shown, and in no URL.
- Durations are \`500ms\`, \`30s\`, \`5m\`, \`2h\`; sizes \`64KiB\`, \`2GiB\`. In the tables, *required* is what a mapping must have.
- Mistakes are named with line and column, all at once: \`holdgate upgrade PLAN --dry-run\`.`;

/** The whole page. */
export function planReference(): string {
  const schema = planJsonSchema();
  const step = definition(schema, "Step");
  const { steps: _, targets, ...top } = schema.properties ?? {};
  return `${[
    INTRODUCTION,
    "## The file",
    table(fieldsOf({ ...schema, properties: { ...top } })),
    "## Targets\n\nA mapping of names, each with one of `container`, `compose`, `label`, `swarm`, `process`:",
    table(targetFields(targets)),
    "## Steps\n\nA step is a mapping with one verb, and any of these beside it:",
    table(fieldsOf(step).filter(({ key }) => COMMON_KEYS.includes(key.split(".")[0] ?? ""))),
    "## Checks\n\nIn `healthy` and `check`, as one or below `all`, and in the `checks` of `preflight` and `observe`:",
    table(fieldsOf(definition(schema, "Check"))),
    "## Verbs",
    ...VERBS.map((verb) => verbSection(verb, step)),
  ].join("\n\n")}\n`;
}

function verbSection(verb: string, step: JsonSchema): string {
  const schema = step.properties?.[verb];
  if (!isSchema(schema)) throw new Error(`the schema has no verb ${verb}`);
  const fields = fieldsOf(schema).filter(({ key }) => !isOfCheck(verb, key));
  const heading = `### ${verb}\n\n${schema.description ?? ""}`;
  return fields.length === 0 ? heading : `${heading}\n\n${table(fields)}`;
}

// What a check may have stands on the page once.
function isOfCheck(verb: string, key: string): boolean {
  const [first = ""] = key.split(".");
  return (
    (verb === "healthy" || verb === "check") &&
    (first in checkKinds || (first in checkFields && first !== "target"))
  );
}

function targetFields(targets: unknown): Field[] {
  const forms = isSchema(targets) ? formsOf(targets) : [];
  return forms.flatMap(({ additionalProperties }) =>
    isSchema(additionalProperties) ? fieldsOf(additionalProperties) : [],
  );
}

/** Those of the mapping, and of mappings in it, as `expect.status`. */
function fieldsOf(schema: JsonSchema): Field[] {
  return formsOf(schema).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).flatMap(([key, inner]) => {
      if (!isSchema(inner)) return [];
      const own = {
        key,
        default: defaultOf(inner, required.includes(key)),
        description: inner.description ?? "",
      };
      return [own, ...fieldsOf(inner).map((field) => ({ ...field, key: `${key}.${field.key}` }))];
    }),
  );
}

/** The ways in which a value may be written; what stands elsewhere on the page is left out. */
function formsOf(schema: JsonSchema): JsonSchema[] {
  return [schema, ...(schema.anyOf ?? []).filter(isSchema).flatMap(formsOf)];
}

function defaultOf(schema: JsonSchema, isRequired: boolean): string {
  if (schema.default !== undefined) return `\`${written(schema.default)}\``;
  return isRequired ? "*required*" : "";
}

function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function definition(schema: JsonSchema, name: string): JsonSchema {
  const found = schema.$defs?.[name];
  if (!found) throw new Error(`the schema has no definition ${name}`);
  return found;
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(({ key, default: value, description }) => {
    return `| \`${key}\` | ${value} | ${description.replaceAll("|", "\\|")} |`;
  });
  return ["| key | default | |", "|---|---|---|", ...rows].join("\n");
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null;
}
