// Reads the configuration file, for the start, a reload and `holdgate check`.

import { readFile, stat } from "node:fs/promises";
import { GatewayError } from "../lib/gateway-error.ts";
import { ConfigSource } from "./config-source.ts";
import type { Environment } from "./environment.ts";
import { settingsFrom } from "./parse-config.ts";
import { type Problem, showValue } from "./problem.ts";
import type { Settings } from "./settings.ts";
import { unusableWebhooks } from "./webhook-secrets.ts";

export const DEFAULT_CONFIG_FILE = "config/holdgate.yaml";

/** What is wrong with the content of a maintenance page; undefined when nothing is. Others know how to tell. */
export type PageCheck = (page: string) => string | undefined;

/** The same for the directory of its assets. */
export type AssetsCheck = PageCheck;

/** @throws {GatewayError} `config_invalid`, with a line for each problem. */
export async function loadConfig(
  file: string,
  env: Environment = process.env,
  refusalOf: PageCheck = () => undefined,
  refusalOfAssets: AssetsCheck = () => undefined,
): Promise<Settings> {
  const source = new ConfigSource(await readText(file), file, env);
  const settings = settingsFrom(source, file);
  const error = source.error([
    ...(await unusablePages(settings, refusalOf)),
    ...unusableAssets(settings, refusalOfAssets),
    ...unusableWebhooks(settings.webhooks, env),
  ]);
  if (error) throw error;
  return settings;
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new GatewayError("config_invalid", `${file}: ${whyUnreadable(cause)}`, { cause });
  }
}

function whyUnreadable(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "ENOENT") return "there is no such file; create it, or name another with --config FILE";
  if (code === "EACCES") return "this user may not read the file; change its owner or its mode";
  if (code === "EISDIR") return "this is a directory, expected a YAML file";
  return `the file cannot be read (${String(code ?? cause)})`;
}

/** A page that cannot be shown must be known now: it is needed when the app is away. */
async function unusablePages({ services }: Settings, refusalOf: PageCheck): Promise<Problem[]> {
  const checked = services.map(async ({ name, maintenance: { page } }): Promise<Problem[]> => {
    if (page === null) return [];
    const found = await stat(page).catch(() => undefined);
    const text = found?.isFile() ? refusalOf(page) : noSuchPage(page);
    return text === undefined ? [] : [{ path: ["services", name, "maintenance", "page"], text }];
  });
  return (await Promise.all(checked)).flat();
}

function unusableAssets({ services }: Settings, refusalOf: AssetsCheck): Problem[] {
  return services.flatMap(({ name, maintenance: { assets } }): Problem[] => {
    const text = assets === null ? undefined : refusalOf(assets);
    return text === undefined ? [] : [{ path: ["services", name, "maintenance", "assets"], text }];
  });
}

function noSuchPage(page: string): string {
  return `there is no file ${showValue(page)}; the path is relative to the configuration file`;
}
