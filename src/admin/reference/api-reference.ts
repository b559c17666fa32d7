// docs/api-reference.md, made from the OpenAPI document that the gateway serves.

import { fieldTable, typeOf } from "./describe-schema.ts";
import { type OpenApiDocument, openApiDocument, type Operation, type Schema } from "./openapi-document.ts";

const HEAD = `# The admin API

Made by \`npm run docs\` from the OpenAPI document that a running gateway serves at \`/admin/openapi.json\`.

Over the unix socket (\`<dataDir>/admin.sock\`) no token is needed; over TCP send \`Authorization: Bearer …\`. A token with the
scope \`read\` may read, one with \`operate\` may do everything. Every write takes two headers:

| header | |
|---|---|
| \`If-Match\` | The state version that was read: 412 when it has moved. |
| \`Idempotency-Key\` | A write that is repeated with the same key is done once and answered again. |

A body that is not understood, or a command that is refused, changes nothing; the answer is a [Problem](#problem), and its
\`code\` is what to match on.
`;

const EVERY_WRITE_TAKES = new Set(["If-Match", "Idempotency-Key"]);

/** Throws what zod throws for a document of another shape. */
export function apiReference(document: unknown): string {
  const parsed = openApiDocument.parse(document);
  return `${[HEAD, "## Calls\n", ...calls(parsed), "## Shapes\n", ...shapes(parsed)].join("\n").trimEnd()}\n`;
}

function calls({ paths, components }: OpenApiDocument): string[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => [
      `### \`${method.toUpperCase()} ${path}\``,
      "",
      ...call(operation, components.schemas),
    ]),
  );
}

function call(operation: Operation, schemas: Record<string, Schema>): string[] {
  const { summary, description } = operation;
  return [
    description === undefined ? summary : `${summary} ${description}`,
    "",
    ...parameterTable(operation),
    ...bodyLines(operation, schemas),
    ...answerLines(operation),
  ];
}

function parameterTable({ parameters }: Operation): string[] {
  const rows = parameters
    .filter((each) => each.in !== "path" && !EVERY_WRITE_TAKES.has(each.name))
    .map((each) => {
      const type = each.schema ? typeOf(each.schema) : "text";
      return `| \`${each.name}\` (${each.in}) | ${type} | ${each.description ?? each.schema?.description ?? ""} |`;
    });
  return rows.length === 0 ? [] : ["| parameter | | |", "|---|---|---|", ...rows, ""];
}

function bodyLines(operation: Operation, schemas: Record<string, Schema>): string[] {
  const body = bodyOf(operation);
  if (body === undefined) return [];
  return ["Body:", "", ...fieldTable(schemas[nameOf(body)] ?? body)];
}

function bodyOf({ requestBody }: Operation): Schema | undefined {
  return Object.values(requestBody?.content ?? {})[0]?.schema;
}

/** Of a shape that the document names; empty for another. */
function nameOf({ $ref = "" }: Schema): string {
  return $ref.slice($ref.lastIndexOf("/") + 1);
}

function answerLines({ responses }: Operation): string[] {
  const lines = Object.entries(responses).filter(([status]) => status !== "default");
  return lines.flatMap(([status, { description, content = {} }]) => {
    const [type, body] = Object.entries(content)[0] ?? [];
    const shape = body?.schema ? ` ${typeOf(body.schema)}` : "";
    const carried = type === undefined ? "" : ` (\`${type}\`)`;
    return [`${status}: ${description}${shape}${carried}`, ""];
  });
}

/** Those of bodies stand with their calls, but for one that is used elsewhere, too. */
function shapes({ paths, components }: OpenApiDocument): string[] {
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const bodies = new Set(operations.map((operation) => nameOf(bodyOf(operation) ?? {})));
  const elsewhere = JSON.stringify(components.schemas);
  const sorted = Object.entries(components.schemas)
    .filter(([name]) => !bodies.has(name) || elsewhere.includes(`/${name}"`))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return sorted.flatMap(([name, schema]) => [`### ${name}`, "", ...shape(schema)]);
}

function shape(schema: Schema): string[] {
  const said = schema.description === undefined ? [] : [schema.description, ""];
  const table = fieldTable(schema);
  return [...said, ...(table.length > 0 || isDuration(schema) ? table : [`${typeOf(schema)}.`, ""])];
}

function isDuration(schema: Schema): boolean {
  return typeOf(schema) === "[Duration](#duration)";
}
