// Secrets that stand outside of the config: in a file, as Docker and systemd hand them over, or in the environment.

import { readFileSync } from "node:fs";
import type { Environment } from "./environment.ts";
import type { Parsed } from "./parsed.ts";
import type { SecretSource } from "./settings.ts";

// Standard Webhooks: between 24 and 64 bytes.
const SHORTEST_KEY_BYTES = 24;
const LONGEST_KEY_BYTES = 64;

/** A refusal says where it looked, never what it found. */
export function readSecret(source: SecretSource, env: Environment): Parsed<string> {
  if ("env" in source) {
    const value = env[source.env]?.trim();
    return value ? { meaning: value } : { refusal: `the environment variable ${source.env} is not set` };
  }
  try {
    const value = readFileSync(source.file, "utf8").trim();
    return value === "" ? { refusal: `the file ${source.file} is empty` } : { meaning: value };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    return { refusal: `the file ${source.file} cannot be read (${code})` };
  }
}

/** The key in a signing secret: base64, with or without the prefix of Standard Webhooks. */
export function signingKey(secret: string): Parsed<Buffer> {
  const base64 = secret.replace(/^whsec_/, "");
  const key = Buffer.from(base64, "base64");
  const isWhole = /^[A-Za-z0-9+/]+={0,2}$/.test(base64);
  if (isWhole && key.length >= SHORTEST_KEY_BYTES && key.length <= LONGEST_KEY_BYTES) return { meaning: key };
  return { refusal: "expected 24 to 64 bytes in base64: make one with openssl rand -base64 32" };
}
