// Makes known to the redactor what must not be shown of a run: the environments of what it touches, and the tokens
// of the gateway.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Engine } from "../../docker/engine.ts";
import type { JsonValue } from "../../lib/json.ts";
import type { Program } from "../program.ts";
import type { Redactor } from "./redactor.ts";
import { learnEnvironment, learnEnvironmentsIn } from "./secret-values.ts";

export interface LearnFrom {
  engine: Engine | null;
  dataDir: string;
  env: Readonly<Record<string, string | undefined>>;
}

/** Before the first record of its journal: the program holds environments as well. */
export async function learnSecretsOf(program: Program, redactor: Redactor, from: LearnFrom): Promise<void> {
  learnEnvironmentsIn(redactor, asJson(program));
  if (from.engine !== null) await learnTargets(program, redactor, from.engine);
  await learnTokens(redactor, from);
}

export async function learnTokens(
  redactor: Redactor,
  { dataDir, env }: Omit<LearnFrom, "engine">,
): Promise<void> {
  redactor.learn(env["HOLDGATE_TOKEN"] ?? "");
  redactor.learn(await readFile(join(dataDir, "admin.token"), "utf8").catch(() => ""));
}

/** One that is not there any more, or cannot be asked, has nothing to tell. */
async function learnTargets(program: Program, redactor: Redactor, engine: Engine): Promise<void> {
  for (const target of Object.values(program.targets)) {
    if (target.kind === "swarm") {
      const service = await engine.services.inspect(target.service).catch(() => undefined);
      if (service) learnEnvironmentsIn(redactor, asJson(service));
    } else if (target.kind === "containers") {
      for (const container of target.containers) {
        const idOrName = "id" in container ? container.id : container.name;
        const found = await engine.containers.inspect(idOrName).catch(() => undefined);
        learnEnvironment(redactor, found?.Config.Env ?? []);
      }
    }
  }
}

function asJson(value: unknown): JsonValue {
  return JSON.parse(JSON.stringify(value));
}
