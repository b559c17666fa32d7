// The bearer tokens of the TCP interface. What is stored are hashes, so that a copy of the file opens nothing;
// a token has enough entropy that a plain SHA-256 of it cannot be guessed backwards.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { GatewayError } from "../lib/gateway-error.ts";
import { writeFileDurably } from "../lib/write-file-durably.ts";
import type { Principal } from "./principal.ts";

const TOKEN_BYTES = 32;
/** Makes a leaked token recognisable to scanners of logs and repositories. */
const TOKEN_PREFIX = "holdgate_";

const storedToken = z.strictObject({
  name: z.string().min(1),
  scope: z.enum(["read", "operate"]),
  /** SHA-256, in hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.string(),
});
const tokenFile = z.strictObject({ format: z.literal(1), tokens: z.array(storedToken) });

type StoredToken = z.infer<typeof storedToken>;

export class Tokens {
  readonly #tokens: { hash: Buffer; principal: Principal }[];

  private constructor(stored: StoredToken[]) {
    this.#tokens = stored.map(({ name, scope, hash }) => ({
      hash: Buffer.from(hash, "hex"),
      principal: { actor: name, scope },
    }));
  }

  /**
   * Reads `tokens.json` in `dataDir`. At the first start one `operate` token is made; its text is in
   * `admin.token` and nowhere else. Throws `state_unreadable` for a file that cannot be understood.
   */
  static async open(dataDir: string, nowMs: number): Promise<Tokens> {
    await mkdir(dataDir, { recursive: true });
    const path = join(dataDir, "tokens.json");
    const text = await readIfPresent(path);
    return new Tokens(text === undefined ? await createFirst(dataDir, path, nowMs) : parse(text, path));
  }

  /** Compares with every token, so that the time it takes tells nothing about any of them. */
  verify(token: string): Principal | undefined {
    const hash = sha256(token);
    let found: Principal | undefined;
    for (const each of this.#tokens) {
      if (timingSafeEqual(each.hash, hash)) found = each.principal;
    }
    return found;
  }
}

/** A new token and what is kept of it. */
export function createToken(name: string, scope: Principal["scope"], nowMs: number) {
  const token = TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString("base64url");
  const createdAt = new Date(nowMs).toISOString();
  const stored: StoredToken = { name, scope, hash: sha256(token).toString("hex"), createdAt };
  return { token, stored };
}

// The text goes first: if we are killed in between, the next start finds no tokens.json and begins anew.
// The other way round there would be a token that nobody knows.
async function createFirst(dataDir: string, path: string, nowMs: number): Promise<StoredToken[]> {
  const { token, stored } = createToken("admin", "operate", nowMs);
  await writeFileDurably(join(dataDir, "admin.token"), `${token}\n`);
  await writeFileDurably(path, `${JSON.stringify({ format: 1, tokens: [stored] }, null, 2)}\n`);
  return [stored];
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unreadable(path, reason, cause);
  }
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

function sha256(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
