// The whole file. From this one source come its check, its defaults, the JSON Schema for editors and the
// reference (docs/plan-reference.md).

import { z } from "zod";
import { section } from "../../config/section.ts";
import { list, serviceName, text } from "../../config/values.ts";
import { exactlyOne } from "./exactly-one.ts";
import { optionalKeys } from "./optional-keys.ts";
import { command, name, path, words } from "./plan-values.ts";
import type { Plan, SchemaProbe, SecretSource } from "./plan.ts";
import { stepSchema } from "./step-schema.ts";
import { targetSchema } from "./target-schema.ts";

const NAME_EXPECTED = "expected a name of letters, digits, - and _";
const plainName = text(NAME_EXPECTED, /^[A-Za-z_][\w-]*$/);

const probeKinds = {
  exec: section({
    target: name("the name of a target").describe("The container in which it runs."),
    command: command().describe("The program and its arguments; its output is the version."),
  }).describe("A command in a container."),
  http: section({
    url: words("expected a URL or a path such as /api/health").describe(
      "A URL, or a path that is asked of the active upstream.",
    ),
    json: words("expected the path of a field, such as schema.version").describe(
      "The field, such as `schema.version`.",
    ),
  }).describe("A field of a JSON answer."),
};

const schemaProbe = exactlyOne(section(optionalKeys(probeKinds)), {
  noun: "way to read it",
  keys: Object.keys(probeKinds),
  beside: [],
}).transform(({ exec, http }): SchemaProbe => {
  if (exec !== undefined) return { kind: "exec", ...exec };
  if (http !== undefined) return { kind: "http", ...http };
  throw new Error("neither exec nor http was given");
});

const secretKinds = {
  env: text("expected the name of an environment variable", /^\w+$/).describe("A variable of the runner."),
  file: path("the path of a file").describe("A file; relative to the plan's."),
};

const secretSource = exactlyOne(section(optionalKeys(secretKinds)), {
  noun: "source",
  keys: Object.keys(secretKinds),
  beside: [],
}).transform(({ env, file }): SecretSource => (env === undefined ? { file: file ?? "" } : { env }));

const variable = z.union([z.string(), z.number(), z.boolean(), z.null()], { error: "expected a text" });

export const planSchema = section({
  name: text("expected the plan's name", /^[^\n]{1,100}$/).describe("For people."),
  service: serviceName().nullable().prefault(null).describe("The gateway's service; null: its only one."),
  vars: z
    .record(plainName, variable, { error: "expected a mapping such as { version: 1.2.3 }" })
    .nullable()
    .prefault({})
    .describe(
      "Values for `${name}`; `--var name=value` overrides them, and must give those without a value.",
    ),
  targets: z
    .record(plainName, targetSchema, {
      error: "expected a mapping of targets, such as app: { container: chat }",
    })
    .nullable()
    .prefault({})
    .describe("What the steps act on."),
  secrets: z
    .record(plainName, secretSource, { error: "expected a mapping such as { db: { env: DB_PASSWORD } }" })
    .nullable()
    .prefault({})
    .describe("Where `${secrets.name}` comes from."),
  registries: z
    .record(
      text("expected a registry's host such as ghcr.io"),
      section({
        username: words("expected a user"),
        password: text(
          "expected a secret such as ${secrets.registry}, because a plan is kept and shown",
          /\$\{secrets\./,
        ),
      }),
      { error: "expected a mapping such as { ghcr.io: { username, password } }" },
    )
    .nullable()
    .prefault({})
    .describe("Credentials, before those of the Docker client's own configuration."),
  schema: schemaProbe
    .nullable()
    .prefault(null)
    .describe(
      "Reads which schema the data has; null: a new version that was started counts as having migrated.",
    ),
  steps: list(stepSchema).min(1, { error: "expected at least one step" }).describe("What is done, in order."),
}).transform(({ name, service, targets, secrets, registries, schema, steps }): Plan => {
  const some = { targets: targets ?? {}, secrets: secrets ?? {}, registries: registries ?? {} };
  return { name, service, ...some, schema, steps };
});
