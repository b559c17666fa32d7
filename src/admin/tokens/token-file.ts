// tokens.json in the dataDir: what is kept of each token. The text of a token is nowhere in it; it has enough entropy
// that a plain SHA-256 of it cannot be guessed backwards.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { GatewayError } from "../../lib/gateway-error.ts";
import { writeFileDurably } from "../../lib/write-file-durably.ts";
import type { Scope } from "../principal.ts";

const TOKEN_BYTES = 32;
/** Makes a leaked token recognisable to scanners of logs and repositories. */
const TOKEN_PREFIX = "holdgate_";

const storedToken = z.strictObject({
  name: z.string().min(1),
  scope: z.enum(["read", "operate"]),
  /** SHA-256, in hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.string(),
  /** ISO 8601; null: it never expires. */
  expiresAt: z.iso.datetime().nullable().default(null),
});
const tokenFile = z.strictObject({ format: z.literal(1), tokens: z.array(storedToken) });

export type StoredToken = z.output<typeof storedToken>;

export interface NewToken {
  name: string;
  scope: Scope;
  /** Milliseconds since 1970; null: never. */
  expiresAt: number | null;
}

/** A new token and what is kept of it. */
export function makeToken({ name, scope, expiresAt }: NewToken, nowMs: number) {
  const token = TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString("base64url");
  const stored: StoredToken = {
    name,
    scope,
    hash: hashOf(token).toString("hex"),
    createdAt: new Date(nowMs).toISOString(),
    expiresAt: expiresAt === null ? null : new Date(expiresAt).toISOString(),
  };
  return { token, stored };
}

export function hashOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** Undefined when there is no file. Throws `state_unreadable` for one that cannot be understood. */
export async function readTokenFile(path: string): Promise<StoredToken[] | undefined> {
  try {
    return parse(await readFile(path, "utf8"), path);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw unreadable(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

export async function writeTokenFile(path: string, tokens: readonly StoredToken[]): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify({ format: 1, tokens }, null, 2)}\n`);
}

function parse(text: string, path: string): StoredToken[] {
  try {
    return tokenFile.parse(JSON.parse(text)).tokens;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : "it is not JSON";
    throw unreadable(path, reason, cause);
  }
}

// Never replaced by a new one: that would lock out whoever holds the tokens in it.
function unreadable(path: string, reason: string, cause: unknown): GatewayError {
  const remedy =
    "put back a copy, or remove the file to have a new token made in admin.token at the next start";
  return new GatewayError("state_unreadable", `cannot read the tokens in ${path}: ${reason}; ${remedy}`, {
    cause,
  });
}
