// Calls of the admin API that outlast a restart of the gateway: who is not there, or has trouble of its own, is asked
// again for a minute. A write carries one Idempotency-Key through all its attempts, so it happens once.

import { randomUUID } from "node:crypto";
import type { AdminCall, AdminClient } from "../../client/admin-client.ts";
import type { Guard } from "../../client/answer-guards.ts";
import { ProblemError } from "../../client/problem-error.ts";
import type { Clock } from "../../lib/clock.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import { sleep } from "../../lib/sleep.ts";

export interface PersistentClientOptions {
  client: Pick<AdminClient, "call">;
  clock: Clock;
  /** For how long a gateway that is away is asked again. */
  patienceMs?: number;
}

const PATIENCE_MS = 60_000;
const FIRST_PAUSE_MS = 50;
// A gateway is back within a second or two; asking it often costs it nothing.
const LONGEST_PAUSE_MS = 2_000;

export class PersistentClient {
  readonly #client: PersistentClientOptions["client"];
  readonly #clock: Clock;
  readonly #patienceMs: number;

  constructor({ client, clock, patienceMs = PATIENCE_MS }: PersistentClientOptions) {
    this.#client = client;
    this.#clock = clock;
    this.#patienceMs = patienceMs;
  }

  /** Throws what the last attempt threw. The patience begins anew with each answer that breaks off. */
  async call<Answer>(call: AdminCall, isAnswer: Guard<Answer>, signal?: AbortSignal): Promise<Answer> {
    const keyed = withKey(signal ? { ...call, signal } : call);
    let awaySince: number | null = null;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const askedAt = this.#clock.now();
      try {
        return await this.#client.call(keyed, isAnswer);
      } catch (error) {
        signal?.throwIfAborted();
        if (!isPassing(error)) throw error;
        // A call that waits may have waited for long before the gateway went away.
        const failedAt = this.#clock.now();
        if (awaySince === null || failedAt - askedAt > this.#patienceMs) awaySince = failedAt;
        if (failedAt - awaySince >= this.#patienceMs) throw error;
        await sleep(this.#clock, pauseMs, signal);
      }
    }
  }
}

function withKey(call: AdminCall): AdminCall {
  if (call.method === "GET") return call;
  return { ...call, headers: { ...call.headers, "Idempotency-Key": randomUUID() } };
}

/** Whether it may be otherwise in a moment. */
export function isPassing(error: unknown): boolean {
  if (error instanceof ProblemError) return error.problem.status >= 500;
  return error instanceof GatewayError && error.code === "admin_unreachable";
}
