import { describe, expect, it } from "vitest";
import type { AdminCall } from "../../../src/client/admin-client.ts";
import { isObject } from "../../../src/client/answer-guards.ts";
import { problemOf, ProblemError } from "../../../src/client/problem-error.ts";
import { type ErrorCode, GatewayError } from "../../../src/lib/gateway-error.ts";
import { PersistentClient } from "../../../src/upgrade/gateway/persistent-client.ts";
import { eventually } from "../../support/eventually.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const away = (): Error => new GatewayError("admin_unreachable", "the connection was refused");
const refusal = (code: ErrorCode): Error => new ProblemError(problemOf(new GatewayError(code, code)));
const hold: AdminCall = { method: "POST", path: "/admin/hold", body: {} };

/** Fails as often as the test says, one error after the other; the last for ever. */
function openClient(...errors: Error[]) {
  const clock = new ManualClock();
  const calls: AdminCall[] = [];
  const client = {
    async call<Answer>(call: AdminCall, isAnswer: (value: unknown) => value is Answer): Promise<Answer> {
      calls.push(call);
      const error = errors[calls.length - 1];
      if (error) throw error;
      const answer: unknown = { ok: true };
      if (isAnswer(answer)) return answer;
      throw new Error("unexpected");
    },
  };
  const persistent = new PersistentClient({ client, clock });
  /** Lets pauses pass until the call has come to an end. */
  async function passing<T>(call: Promise<T>): Promise<T> {
    let over = false;
    const ended = call.finally(() => (over = true));
    ended.catch(() => {});
    await eventually(() => {
      clock.advance(2_000);
      expect(over).toBe(true);
    });
    return ended;
  }
  return { clock, calls, persistent, passing };
}

describe("a call of a gateway that is away", () => {
  it("is made again until it is answered, with one key", async () => {
    const { calls, persistent, passing } = openClient(away(), refusal("internal"), away());
    expect(await passing(persistent.call(hold, isObject))).toEqual({ ok: true });
    const keys = calls.map(({ headers }) => headers?.["Idempotency-Key"]);
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("fails after a minute with what was said last", async () => {
    const { clock, persistent, passing } = openClient(...Array.from({ length: 1000 }, away));
    await expect(passing(persistent.call(hold, isObject))).rejects.toThrow("the connection was refused");
    expect(clock.now()).toBeGreaterThanOrEqual(60_000);
  });

  it("ends at once when the run is stopped", async () => {
    const { clock, persistent } = openClient(...Array.from({ length: 1000 }, away));
    const stop = new AbortController();
    const call = persistent.call(hold, isObject, stop.signal);
    await eventually(() => expect(clock.pendingTimers).toBe(1));
    stop.abort(new Error("stopped"));
    await expect(call).rejects.toThrow("stopped");
    expect(clock.pendingTimers).toBe(0);
  });
});

it("a refusal is an answer, and not asked for again", async () => {
  const { calls, persistent } = openClient(refusal("not_healthy"));
  await expect(persistent.call(hold, isObject)).rejects.toThrow("not_healthy");
  expect(calls).toHaveLength(1);
});
