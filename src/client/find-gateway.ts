// Which gateway to talk to: --admin or HOLDGATE_ADMIN, else the socket in the dataDir of the config.

import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { GatewayError } from "../lib/gateway-error.ts";
import { type DataDir, findDataDir } from "./find-data-dir.ts";
import type { Environment, GatewayOptions } from "./gateway-options.ts";

export interface AdminAddress {
  target: { kind: "socket"; path: string } | { kind: "tcp"; host: string; port: number };
  /** As messages show it, with how it was found: `/srv/data/admin.sock (by HOLDGATE_DATA_DIR)`. */
  name: string;
  /** For TCP only: the socket is guarded by its file mode. */
  token?: string;
}

export async function findGateway(options: GatewayOptions, env: Environment): Promise<AdminAddress> {
  const [given, origin] = options.admin
    ? [options.admin, "by --admin"]
    : [env["HOLDGATE_ADMIN"], "by HOLDGATE_ADMIN"];
  if (!given) return socketIn(await findDataDir(options, env));
  const target = parseTarget(given);
  if (target.kind === "socket") return { target, name: `${target.path} (${origin})` };
  return { target, name: `${given} (${origin})`, token: await findToken(options, env) };
}

function socketIn(dataDir: DataDir): AdminAddress {
  const path = join(dataDir.path, "admin.sock");
  return { target: { kind: "socket", path }, name: `${path} (${dataDir.origin})` };
}

function parseTarget(given: string): AdminAddress["target"] {
  const url = /^[^/:]+:\d+$/.test(given) ? `http://${given}` : given;
  if (/^http:\/\//i.test(url)) return parseUrl(url, given);
  if (!/^[a-z]+:\/\//i.test(url)) return { kind: "socket", path: resolve(given.replace(/^unix:/, "")) };
  throw notAnAddress(given);
}

function parseUrl(text: string, given: string): AdminAddress["target"] {
  const url = URL.parse(text);
  if (!url || url.pathname !== "/") throw notAnAddress(given);
  // A URL writes an IPv6 address in brackets; the resolver wants it without.
  return { kind: "tcp", host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || 80) };
}

function notAnAddress(given: string): GatewayError {
  const message = `${given} is no admin address; expected http://host:port or the path of a socket`;
  return new GatewayError("bad_request", message);
}

async function findToken(options: GatewayOptions, env: Environment): Promise<string> {
  if (options.token) return options.token;
  if (options.tokenFile) return readToken(options.tokenFile, "--token-file");
  const fromEnv = env["HOLDGATE_TOKEN"];
  if (fromEnv) return fromEnv;
  const dataDir = await findDataDir(options, env);
  return readToken(join(dataDir.path, "admin.token"), dataDir.origin);
}

async function readToken(file: string, origin: string): Promise<string> {
  const remedy = "give --token-file or HOLDGATE_TOKEN";
  try {
    const token = (await readFile(file, "utf8")).trim();
    if (/^[\x21-\x7e]+$/.test(token)) return token;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `TCP needs a token, and ${file} (${origin}) cannot be read: ${reason}; ${remedy}`;
    throw new GatewayError("unauthorized", message, { cause });
  }
  throw new GatewayError("unauthorized", `${file} (${origin}) holds no token; ${remedy}`);
}
