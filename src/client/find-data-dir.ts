// Where the running gateway keeps its socket and token, by the config it was started with.

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { GatewayError } from "../lib/gateway-error.ts";
import type { Environment, GatewayOptions } from "./gateway-options.ts";

// Not taken from config/load-config.ts, which would load the schema library for every verb.
export const DEFAULT_CONFIG_FILE = "config/holdgate.yaml";
const DEFAULT_DATA_DIR = "./data";

export interface DataDir {
  path: string;
  /** How it was found, for messages: `the dataDir of config/holdgate.yaml`. */
  origin: string;
}

export async function findDataDir(options: GatewayOptions, env: Environment): Promise<DataDir> {
  const fromEnv = env["HOLDGATE_DATA_DIR"];
  if (fromEnv) return { path: resolve(fromEnv), origin: "by HOLDGATE_DATA_DIR" };
  const file = options.config ?? DEFAULT_CONFIG_FILE;
  const text = await readConfig(file, options.config !== undefined);
  if (text === undefined) return { path: resolve(DEFAULT_DATA_DIR), origin: `there is no ${file} here` };
  return { path: resolve(await dataDirIn(text)), origin: `by the dataDir of ${file}` };
}

async function readConfig(file: string, given: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (missing && !given) return undefined;
    const reason = missing ? "there is no such file" : String(cause);
    throw new GatewayError("config_invalid", `cannot read the config ${file}: ${reason}`, { cause });
  }
}

// Reads this one key and forgives the rest: whoever broke the file while the gateway runs on with the
// one it has must still be able to reach it. The YAML library is loaded only when it is needed.
async function dataDirIn(text: string): Promise<string> {
  const { parseDocument } = await import("yaml");
  const document: unknown = parseDocument(text).get("dataDir");
  return typeof document === "string" ? document : DEFAULT_DATA_DIR;
}
