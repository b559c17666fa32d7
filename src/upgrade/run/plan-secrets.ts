// The values of a plan's `${secrets.…}`: read when the run begins or goes on, never kept.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { findRegistryAuth } from "../../docker/registry-auth.ts";
import { parseImageRef } from "../../docker/image-ref.ts";
import type { RegistryAuth } from "../../docker/engine.ts";
import type { JsonObject } from "../../lib/json.ts";
import { StepFailure } from "../operations/step-failure.ts";
import type { Plan, SecretSource } from "../plan/plan.ts";
import type { Problem } from "../plan/plan-problem.ts";
import type { Redactor } from "./redactor.ts";

const PLACEHOLDER = /\$\{secrets\.([\w-]+)\}/g;

/** What of a plan its journal must not hold: it is kept in the vault. */
export type SecretDeclarations = Pick<Plan, "secrets" | "registries">;

const declarationsSchema: z.ZodType<SecretDeclarations> = z.object({
  secrets: z.record(
    z.string(),
    z.union([z.strictObject({ env: z.string() }), z.strictObject({ file: z.string() })]),
  ),
  registries: z.record(z.string(), z.strictObject({ username: z.string(), password: z.string() })),
});

export function parseDeclarations(value: JsonObject | undefined): SecretDeclarations {
  return value === undefined ? { secrets: {}, registries: {} } : declarationsSchema.parse(value);
}

export interface SecretsFrom {
  env: Readonly<Record<string, string | undefined>>;
  planDirectory: string;
}

export class PlanSecrets {
  readonly #values: ReadonlyMap<string, string>;
  readonly #registries: SecretDeclarations["registries"];
  readonly #env: SecretsFrom["env"];
  /** Those whose source is not there. */
  readonly problems: Problem[];

  private constructor(
    values: ReadonlyMap<string, string>,
    problems: Problem[],
    registries: SecretDeclarations["registries"],
    env: SecretsFrom["env"],
  ) {
    this.#values = values;
    this.problems = problems;
    this.#registries = registries;
    this.#env = env;
  }

  /** What is found is made known to the redactor first of all. */
  static async read(
    { secrets, registries }: SecretDeclarations,
    from: SecretsFrom,
    redactor: Redactor,
  ): Promise<PlanSecrets> {
    const values = new Map<string, string>();
    const problems: Problem[] = [];
    for (const [name, source] of Object.entries(secrets)) {
      const found = await readSource(source, from);
      if ("value" in found) values.set(name, found.value);
      else problems.push({ place: `secrets.${name}`, text: found.problem });
    }
    for (const value of values.values()) redactor.learn(value);
    const read = new PlanSecrets(values, problems, registries, from.env);
    for (const { password } of Object.values(registries)) redactor.learn(read.#revealKnown(password));
    return read;
  }

  /** @throws {StepFailure} for one whose source is not there. */
  reveal(text: string): string {
    return text.replace(PLACEHOLDER, (_whole, name: string) => {
      const value = this.#values.get(name);
      if (value !== undefined) return value;
      const problem = this.problems.find(({ place }) => place === `secrets.${name}`)?.text;
      throw new StepFailure(`the secret ${name} is not known: ${problem ?? "the plan does not declare it"}`);
    });
  }

  /** Those of the plan, else those of the Docker client. */
  async registryAuth(image: string, redactor: Redactor): Promise<RegistryAuth | null> {
    const registry = parseImageRef(image)?.registry;
    const own = registry === undefined ? undefined : this.#registries[registry];
    const explicit = own && {
      username: own.username,
      password: this.reveal(own.password),
      serveraddress: registry ?? "",
    };
    const auth = await findRegistryAuth(image, { explicit: explicit ?? null, env: { ...this.#env } });
    if (auth !== null) redactor.learn("password" in auth ? auth.password : auth.identitytoken);
    return auth;
  }

  #revealKnown(text: string): string {
    return text.replace(PLACEHOLDER, (whole, name: string) => this.#values.get(name) ?? whole);
  }
}

async function readSource(
  source: SecretSource,
  { env, planDirectory }: SecretsFrom,
): Promise<{ value: string } | { problem: string }> {
  if ("env" in source) {
    const value = env[source.env];
    if (value !== undefined && value !== "") return { value };
    return { problem: `the runner's environment has no ${source.env}; set it where the runner is started` };
  }
  const path = resolve(planDirectory, source.file);
  try {
    // A file ends with a line end that is no part of the secret.
    return { value: (await readFile(path, "utf8")).replace(/\r?\n$/, "") };
  } catch (error) {
    return { problem: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}` };
  }
}
