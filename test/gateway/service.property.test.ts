// Laws of a service that hold whatever clients, upstreams and operators do.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { KeepAliveClient } from "../support/keep-alive-client.ts";
import { anyStep, RandomTraffic } from "../support/random-traffic.ts";
import { ScriptedUpstream } from "../support/scripted-upstream.ts";
import { type StartedService, startService } from "../support/start-service.ts";

const BOUNDS = "    hold: { maxRequests: 3, maxWait: 10s }\n    drainTimeout: 10s";

/** Each request that was admitted is in exactly one place. */
function isConserved({ service }: StartedService): void {
  const { held, counters } = service.status();
  const { admitted, forwarded, refused, abandoned, shed, expired, stale } = counters;
  const accountedFor = forwarded + refused + abandoned + shed + expired + stale + held;
  expect({ held, counters, accountedFor }).toMatchObject({ accountedFor: admitted });
}

test("admitted is forwarded, refused, abandoned, shed, expired or held, at any moment", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 5, maxLength: 60 }), async (steps) => {
      const traffic = await RandomTraffic.start(BOUNDS, isConserved);
      try {
        for (const step of steps) await traffic.step(step);
        await traffic.settle();
        await expectAnswers(traffic);
      } finally {
        await traffic.close();
      }
    }),
    { numRuns: 100 },
  );
});

/** A POST reaches an upstream once at most, and everybody who stayed has one answer, or a broken connection. */
async function expectAnswers(traffic: RandomTraffic): Promise<void> {
  for (const { method, target, client, left } of traffic.asked) {
    if (method === "POST") expect(traffic.timesSent(target)).toBeLessThanOrEqual(1);
    if (left) continue;
    const status = await client.answer().then(
      (answer) => answer.status,
      () => "broken",
    );
    expect([200, 404, 500, 502, 503, 504, "broken"]).toContain(status);
    expect(client.received).toBe("");
  }
}

test("what is held stays within its bounds and goes in the order of its arrival, whoever leaves meanwhile", async () => {
  const bound = fc.integer({ min: 1, max: 8 });
  const leaver = fc.option(fc.nat(20), { freq: 3 });
  await fc.assert(
    fc.asyncProperty(
      bound,
      bound,
      fc.array(leaver, { maxLength: 20 }),
      async (requests, perClient, leavers) => {
        const upstream = new ScriptedUpstream({ onArrival: (arrival) => arrival.answer(500) });
        await upstream.listen();
        const started = await startService({
          upstreams: { blue: upstream.url },
          // One at a time: an answer of 500 never lets the ramp grow.
          service: `    hold: { maxRequests: ${requests}, maxPerClient: ${perClient} }\n    release: { initial: 1 }`,
        });
        const crowd = new HeldCrowd(started, Math.min(requests, perClient));
        try {
          started.apply({ mode: "hold" });
          for (const who of leavers) await crowd.asksThenLeaves(who);
          started.apply({ mode: "open" });
          for (const client of crowd.held.values())
            expect(await client.answer()).toMatchObject({ status: 500 });
          expect(upstream.targets).toEqual([...crowd.held.keys()]);
        } finally {
          crowd.leave();
          started.close();
          await upstream.kill();
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** Those who ask in a hold, and what must become of them. */
class HeldCrowd {
  /** By target, in the order of arrival. */
  readonly held = new Map<string, KeepAliveClient>();
  readonly #started: StartedService;
  readonly #bound: number;
  readonly #everybody: KeepAliveClient[] = [];

  constructor(started: StartedService, bound: number) {
    this.#started = started;
    this.#bound = bound;
  }

  /** One more asks; then the one of this number leaves, if it is held. */
  async asksThenLeaves(who: number | null): Promise<void> {
    const client = await KeepAliveClient.open(this.#started.port);
    const target = `/${this.#everybody.push(client)}`;
    client.ask("POST", target);
    if (this.held.size === this.#bound) {
      expect(await client.answer()).toMatchObject({ status: 503, headers: { "retry-after": "30" } });
    } else {
      this.held.set(target, client);
    }
    await this.#isHeld();
    const leaver = this.held.get(`/${who}`);
    leaver?.leave();
    this.held.delete(`/${who}`);
    await this.#isHeld();
  }

  leave(): void {
    for (const client of this.#everybody) client.leave();
  }

  #isHeld(): Promise<void> {
    return eventually(() => expect(this.#started.service.status().held).toBe(this.held.size));
  }
}
