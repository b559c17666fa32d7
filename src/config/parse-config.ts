// From the text of a configuration to settings, or to one error that names all that is wrong with it.

import { ConfigSource } from "./config-source.ts";
import { crossCheck } from "./cross-checks.ts";
import type { Environment } from "./environment.ts";
import { configSchema } from "./schema.ts";
import { schemaProblems } from "./schema-problems.ts";
import type { Settings } from "./settings.ts";
import { toSettings } from "./to-settings.ts";

/** @throws {GatewayError} `config_invalid`, with a line for each problem. */
export function parseConfig(text: string, fileName: string, env: Environment): Settings {
  return settingsFrom(new ConfigSource(text, fileName, env), fileName);
}

/** The same for a source that the caller keeps, to report further problems with their place. */
export function settingsFrom(source: ConfigSource, fileName: string): Settings {
  if (!source.readable) throw source.error([]) ?? new Error(`${fileName} is unreadable for no known reason`);
  const checked = configSchema.safeParse(source.data);
  const issues = checked.success ? [] : schemaProblems(checked.error.issues, source.data);
  const error = source.error([...issues, ...crossCheck(source.data)]);
  if (error || !checked.success) throw error ?? new Error(`${fileName} is refused`, { cause: checked.error });
  return toSettings(checked.data, fileName);
}
