// The bearer tokens of the TCP interface: who may, until when. Each change is durable before it is in effect.

import { timingSafeEqual } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { writeFileDurably } from "../../lib/write-file-durably.ts";
import type { Verified } from "../admin-ports.ts";
import type { Principal } from "../principal.ts";
import {
  hashOf,
  makeToken,
  type NewToken,
  readTokenFile,
  type StoredToken,
  writeTokenFile,
} from "./token-file.ts";

const MOST_TOKENS = 100;
/** The audit log shows these for whoever has no token. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(["socket", "holdgate", "unknown"]);

export type TokenDescription = Omit<StoredToken, "hash">;

interface KnownToken {
  stored: StoredToken;
  hash: Buffer;
  principal: Principal;
  /** Aborted when the token is revoked; what is still open with it ends then. */
  life: AbortController;
}

export class Tokens {
  readonly #dataDir: string;
  readonly #clock: Pick<Clock, "wall">;
  #tokens: KnownToken[];
  /** One change at a time; never rejects. */
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(dataDir: string, clock: Pick<Clock, "wall">, stored: readonly StoredToken[]) {
    this.#dataDir = dataDir;
    this.#clock = clock;
    this.#tokens = stored.map(known);
  }

  /**
   * Reads `tokens.json` in `dataDir`. At the first start one `operate` token is made; its text is in
   * `admin.token` and nowhere else. Throws `state_unreadable` for a file that cannot be understood.
   */
  static async open(dataDir: string, clock: Pick<Clock, "wall">): Promise<Tokens> {
    await mkdir(dataDir, { recursive: true });
    const found = await readTokenFile(tokensPath(dataDir));
    return new Tokens(dataDir, clock, found ?? (await createFirst(dataDir, clock.wall())));
  }

  /** Compares with every token, so that the time it takes tells nothing about any of them. */
  verify(token: string): Verified {
    const hash = hashOf(token);
    let found: KnownToken | undefined;
    for (const each of this.#tokens) {
      if (timingSafeEqual(each.hash, hash)) found = each;
    }
    if (found === undefined) return undefined;
    return this.#isExpired(found) ? "expired" : found.principal;
  }

  /** In the order in which they were made. */
  list(): TokenDescription[] {
    return this.#tokens.map(({ stored: { hash: _hash, ...description } }) => description);
  }

  /** The text of the new token, which nobody can learn later. */
  create(wanted: NewToken): Promise<{ token: string; description: TokenDescription }> {
    return this.#inTurn(async () => {
      this.#refuseName(wanted.name);
      const { token, stored } = makeToken(wanted, this.#clock.wall());
      await this.#store([...this.#tokens, known(stored)]);
      const { hash: _hash, ...description } = stored;
      return { token, description };
    });
  }

  /** In effect at once, also for what is open with it. `mayLockOut`: whoever asks has another way in. */
  revoke(name: string, mayLockOut: boolean): Promise<TokenDescription> {
    return this.#inTurn(async () => {
      const revoked = this.#find(name);
      const rest = this.#tokens.filter((each) => each !== revoked);
      if (!mayLockOut && this.#isLastWayIn(revoked, rest)) throw lastToken(name);
      await this.#store(rest);
      revoked.life.abort();
      await this.#forgetText(revoked.hash);
      const { hash: _hash, ...description } = revoked.stored;
      return description;
    });
  }

  #find(name: string): KnownToken {
    const found = this.#tokens.find(({ stored }) => stored.name === name);
    if (found) return found;
    const names = this.#tokens.map(({ stored }) => stored.name).join(", ");
    throw new GatewayError("unknown_token", `there is no token ${name}; there are: ${names || "none"}`);
  }

  #refuseName(name: string): void {
    if (TAKEN_NAMES.has(name)) {
      throw new GatewayError("bad_request", `name: ${name} means something else in the audit log`);
    }
    if (this.#tokens.some(({ stored }) => stored.name === name)) {
      throw new GatewayError("token_exists", `there is a token ${name} already; revoke it first`);
    }
    if (this.#tokens.length < MOST_TOKENS) return;
    throw new GatewayError("too_many_tokens", `there are ${MOST_TOKENS} tokens already; revoke one first`);
  }

  #isLastWayIn(revoked: KnownToken, rest: readonly KnownToken[]): boolean {
    const opens = (each: KnownToken) => each.principal.scope === "operate" && !this.#isExpired(each);
    return opens(revoked) && !rest.some(opens);
  }

  #isExpired({ principal: { expiresAt } }: KnownToken): boolean {
    return expiresAt !== undefined && this.#clock.wall() >= expiresAt;
  }

  async #store(next: KnownToken[]): Promise<void> {
    try {
      await writeTokenFile(
        tokensPath(this.#dataDir),
        next.map(({ stored }) => stored),
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `the tokens cannot be written (${reason}); nothing is changed`;
      throw new GatewayError("state_unwritable", message, { cause });
    }
    this.#tokens = next;
  }

  // The CLI would go on sending it. A file that cannot be removed does no harm: what is in it opens nothing.
  async #forgetText(hash: Buffer): Promise<void> {
    const path = textPath(this.#dataDir);
    const text = await readFile(path, "utf8").catch(() => "");
    if (hashOf(text.trim()).equals(hash)) await rm(path, { force: true }).catch(() => {});
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}

function known(stored: StoredToken): KnownToken {
  const life = new AbortController();
  const { name, scope, hash, expiresAt } = stored;
  const principal: Principal = { actor: name, scope, revoked: life.signal };
  if (expiresAt !== null) principal.expiresAt = Date.parse(expiresAt);
  return { stored, hash: Buffer.from(hash, "hex"), principal, life };
}

// The text goes first: if we are killed in between, the next start finds no tokens.json and begins anew.
// The other way round there would be a token that nobody knows.
async function createFirst(dataDir: string, nowMs: number): Promise<StoredToken[]> {
  const { token, stored } = makeToken({ name: "admin", scope: "operate", expiresAt: null }, nowMs);
  await writeFileDurably(textPath(dataDir), `${token}\n`);
  await writeTokenFile(tokensPath(dataDir), [stored]);
  return [stored];
}

function tokensPath(dataDir: string): string {
  return join(dataDir, "tokens.json");
}

function textPath(dataDir: string): string {
  return join(dataDir, "admin.token");
}

function lastToken(name: string): GatewayError {
  const remedy = "make another one first, or revoke it over the unix socket, which needs no token";
  return new GatewayError("last_token", `${name} is the last token of the scope operate; ${remedy}`);
}
