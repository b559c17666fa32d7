// The credentials for the registry of an image: those that were given, else those that `docker login` left behind,
// in its file or with a helper program.

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { askCredentialHelper } from "./ask-credential-helper.ts";
import { EngineError } from "./engine-error.ts";
import type { RegistryAuth } from "./engine.ts";
import { parseImageRef } from "./image-ref.ts";

export interface RegistryAuthSources {
  /** Goes before all others. */
  explicit?: RegistryAuth | null;
  env?: NodeJS.ProcessEnv;
  /** Where `config.json` is; default: DOCKER_CONFIG, else `~/.docker`. */
  configDir?: string;
}

const DOCKER_HUB = "https://index.docker.io/v1/";

const entrySchema = z.looseObject({
  auth: z.string().optional(),
  username: z.string().optional(),
  password: z.string().optional(),
  identitytoken: z.string().optional(),
});

const configSchema = z.looseObject({
  auths: z.record(z.string(), entrySchema).nullish(),
  credHelpers: z.record(z.string(), z.string()).nullish(),
  credsStore: z.string().nullish(),
});

type DockerConfig = z.output<typeof configSchema>;

/** Null: none are known, so the registry is asked as nobody. */
export async function findRegistryAuth(
  image: string,
  { explicit = null, env = process.env, configDir }: RegistryAuthSources = {},
  signal?: AbortSignal,
): Promise<RegistryAuth | null> {
  if (explicit !== null) return explicit;
  const registry = parseImageRef(image)?.registry;
  if (registry === undefined) return null;
  const directory = configDir ?? env["DOCKER_CONFIG"] ?? join(env["HOME"] ?? homedir(), ".docker");
  const config = await readConfig(join(directory, "config.json"));
  if (config === null) return null;
  const server = registry === "docker.io" ? DOCKER_HUB : registry;
  const helper = config.credHelpers?.[server] ?? config.credHelpers?.[registry] ?? config.credsStore;
  const helped = helper ? await askCredentialHelper(helper, server, env, signal) : null;
  return helped ?? fromEntries(config, registry, server);
}

async function readConfig(path: string): Promise<DockerConfig | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new EngineError("denied", null, `read registry credentials from ${path}: it cannot be read`, {
      cause: error,
    });
  }
  try {
    return configSchema.parse(JSON.parse(text));
  } catch {
    // Without the cause: a parser quotes what it stumbled over, and that may be a password.
    throw new EngineError(
      "denied",
      null,
      `read registry credentials from ${path}: it is not a config.json of Docker`,
    );
  }
}

function fromEntries(config: DockerConfig, registry: string, server: string): RegistryAuth | null {
  const entries = Object.entries(config.auths ?? {});
  const entry = entries.find(([key]) => key === server || hostOf(key) === registry)?.[1];
  if (entry === undefined) return null;
  const { auth, username, password, identitytoken } = entry;
  if (identitytoken) return { identitytoken, serveraddress: server };
  if (username && password) return { username, password, serveraddress: server };
  const decoded = Buffer.from(auth ?? "", "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 1) return null;
  // Old clients pad the password with zero bytes.
  const secret = decoded.slice(colon + 1).replace(/\0+$/, "");
  return { username: decoded.slice(0, colon), password: secret, serveraddress: server };
}

/** `https://index.docker.io/v1/` is Docker Hub; other keys are a host, with or without a scheme and a path. */
function hostOf(key: string): string {
  const host = key.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
  return host === "index.docker.io" ? "docker.io" : host;
}
