// What bypass tokens are signed with: a key for each service, made when the first token is asked for, in a file that
// only its owner reads. Without a service's key none of its tokens is worth anything, which is how they are revoked.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { GatewayError } from "../lib/gateway-error.ts";
import { writeFileDurably } from "../lib/write-file-durably.ts";
import { hasErrorCode } from "./error-code.ts";

const KEY_BYTES = 32;

const keyFile = z.strictObject({
  format: z.literal(1),
  /** By service, base64url. */
  keys: z.record(z.string(), z.string().regex(/^[\w-]{43}$/)),
});

export class BypassKeys {
  readonly #path: string;
  #keys: ReadonlyMap<string, Buffer>;
  #lastTurn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, keys: ReadonlyMap<string, Buffer>) {
    this.#path = path;
    this.#keys = keys;
  }

  /** Reads `bypass.json` in `dataDir`, if it is there. Throws `state_unreadable` for one that is not understood. */
  static async open(dataDir: string): Promise<BypassKeys> {
    const path = join(dataDir, "bypass.json");
    return new BypassKeys(path, await read(path));
  }

  /** Undefined while no token has been asked for, or since they were revoked. */
  keyOf(service: string): Buffer | undefined {
    return this.#keys.get(service);
  }

  /** Makes it durable before it is used. Throws `state_unwritable`. */
  async keyFor(service: string): Promise<Buffer> {
    return this.#inTurn(async () => {
      const known = this.#keys.get(service);
      if (known) return known;
      const key = randomBytes(KEY_BYTES);
      await this.#replace(new Map([...this.#keys, [service, key]]));
      return key;
    });
  }

  /** Of all links and cookies of the service. False: there were none. Throws `state_unwritable`. */
  async revoke(service: string): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!this.#keys.has(service)) return false;
      await this.#replace(new Map([...this.#keys].filter(([name]) => name !== service)));
      return true;
    });
  }

  async #replace(keys: ReadonlyMap<string, Buffer>): Promise<void> {
    const texts = [...keys].map(([service, key]) => [service, key.toString("base64url")]);
    const text = `${JSON.stringify({ format: 1, keys: Object.fromEntries(texts) }, null, 2)}\n`;
    try {
      await writeFileDurably(this.#path, text);
    } catch (cause) {
      throw new GatewayError(
        "state_unwritable",
        `cannot write ${this.#path}; make room, or make it writable`,
        {
          cause,
        },
      );
    }
    this.#keys = keys;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastTurn.then(work);
    this.#lastTurn = turn.catch(() => {});
    return turn;
  }
}

async function read(path: string): Promise<Map<string, Buffer>> {
  try {
    const { keys } = keyFile.parse(JSON.parse(await readFile(path, "utf8")));
    return new Map(Object.entries(keys).map(([service, key]) => [service, Buffer.from(key, "base64url")]));
  } catch (cause) {
    // A dataDir that is none is complained of by whoever opens the state there, which comes next.
    if (hasErrorCode(cause, "ENOENT") || hasErrorCode(cause, "ENOTDIR")) return new Map();
    const remedy = "put back a copy, or remove it: then links and cookies that lead past maintenance end";
    throw new GatewayError("state_unreadable", `cannot read the bypass keys in ${path}; ${remedy}`, {
      cause,
    });
  }
}
