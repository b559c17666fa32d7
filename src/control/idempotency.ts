// Idempotency-Key: a caller that does not know whether its request arrived sends it again with the same
// key, and gets the outcome of the first instead of a second effect.

import { LRUCache } from "lru-cache";
import type { Clock } from "../lib/clock.ts";
import { ERROR_TABLE, GatewayError } from "../lib/gateway-error.ts";

interface Entry<T> {
  fingerprint: string;
  outcome: Promise<T>;
}

export interface IdempotencyOptions {
  clock: Clock;
  maxEntries?: number;
  keepMs?: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** `T` is whatever the edge makes of a request. Kept in memory only: a restart forgets the keys. */
export class IdempotencyTable<T> {
  readonly #entries: LRUCache<string, Entry<T>>;

  constructor({ clock, maxEntries = 1000, keepMs = DAY_MS }: IdempotencyOptions) {
    // To the cache a moment of 0 means "no time known", and stale is what is older than its age.
    const perf = { now: () => clock.now() + 1 };
    this.#entries = new LRUCache({ max: maxEntries, ttl: keepMs - 1, ttlResolution: 0, perf });
  }

  /**
   * Does `work` once for each key. The fingerprint says what was asked; the same key with another one is
   * `idempotency_mismatch`. Keys of different callers are kept apart by the caller's name within the key.
   */
  run(key: string, fingerprint: string, work: () => Promise<T>): Promise<T> {
    // Not get(): what is repeated must not outlive what came after it.
    const known = this.#entries.peek(key);
    if (known) return known.fingerprint === fingerprint ? known.outcome : Promise.reject(mismatch(key));
    const outcome = work();
    const entry = { fingerprint, outcome };
    this.#entries.set(key, entry);
    outcome.catch((error: unknown) => this.#forgetFailure(key, entry, error));
    return outcome;
  }

  /** A refusal is an outcome like any other; a failure of ours is not, and trying again must be possible. */
  #forgetFailure(key: string, entry: Entry<T>, error: unknown): void {
    const refused = error instanceof GatewayError && ERROR_TABLE[error.code].status < 500;
    if (!refused && this.#entries.peek(key) === entry) this.#entries.delete(key);
  }
}

function mismatch(key: string): GatewayError {
  const remedy = "use a new key for each new request";
  return new GatewayError("idempotency_mismatch", `the key ${key} belongs to another request; ${remedy}`);
}
