// Idempotency-Key: a caller that does not know whether its request arrived sends it again with the same
// key, and gets the outcome of the first instead of a second effect.

import type { Clock } from "../lib/clock.ts";
import { ERROR_TABLE, GatewayError } from "../lib/gateway-error.ts";

interface Entry<T> {
  fingerprint: string;
  /** On the monotonic clock. */
  expiresAt: number;
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
  readonly #clock: Clock;
  readonly #maxEntries: number;
  readonly #keepMs: number;
  /** The oldest first, which is also the order in which they expire. */
  readonly #entries = new Map<string, Entry<T>>();

  constructor({ clock, maxEntries = 1000, keepMs = DAY_MS }: IdempotencyOptions) {
    this.#clock = clock;
    this.#maxEntries = maxEntries;
    this.#keepMs = keepMs;
  }

  /**
   * Does `work` once for each key. The fingerprint says what was asked; the same key with another one is
   * `idempotency_mismatch`. Keys of different callers are kept apart by the caller's name within the key.
   */
  run(key: string, fingerprint: string, work: () => Promise<T>): Promise<T> {
    this.#dropExpired();
    const known = this.#entries.get(key);
    if (known) return known.fingerprint === fingerprint ? known.outcome : Promise.reject(mismatch(key));
    this.#makeRoom();
    const outcome = work();
    const entry = { fingerprint, expiresAt: this.#clock.now() + this.#keepMs, outcome };
    this.#entries.set(key, entry);
    outcome.catch((error: unknown) => this.#forgetFailure(key, entry, error));
    return outcome;
  }

  /** A refusal is an outcome like any other; a failure of ours is not, and trying again must be possible. */
  #forgetFailure(key: string, entry: Entry<T>, error: unknown): void {
    const refused = error instanceof GatewayError && ERROR_TABLE[error.code].status < 500;
    if (!refused && this.#entries.get(key) === entry) this.#entries.delete(key);
  }

  #dropExpired(): void {
    const now = this.#clock.now();
    for (const [key, { expiresAt }] of this.#entries) {
      if (expiresAt > now) return;
      this.#entries.delete(key);
    }
  }

  #makeRoom(): void {
    for (const key of this.#entries.keys()) {
      if (this.#entries.size < this.#maxEntries) return;
      this.#entries.delete(key);
    }
  }
}

function mismatch(key: string): GatewayError {
  const remedy = "use a new key for each new request";
  return new GatewayError("idempotency_mismatch", `the key ${key} belongs to another request; ${remedy}`);
}
