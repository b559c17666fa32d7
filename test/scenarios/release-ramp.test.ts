// How held requests are let go: carefully at first, faster while all goes well, and in their order.

import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { holdInOrder } from "../support/hold-in-order.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import type { StartedGateway } from "../support/start-gateway.ts";

interface Stage {
  gateway: StartedGateway;
  upstream: ScriptedUpstream;
  /** Answers the next `count` that have not been answered. */
  answer(count: number, status?: number): void;
}

/** A hold with so many requests, `/0` first, just released. */
async function release(held: number, service = ""): Promise<Stage> {
  const upstream = await startScriptedUpstream();
  const gateway = await openGateway({ blue: upstream.url, service });
  await gateway.dispatch({ type: "hold", service: "chat" });
  await holdInOrder(gateway, held);
  await gateway.dispatch({ type: "release", service: "chat" });
  let answered = 0;
  return {
    gateway,
    upstream,
    answer(count, status = 200) {
      for (const arrival of upstream.arrivals.slice(answered, answered + count)) arrival.answer(status);
      answered += count;
    },
  };
}

/** Waits until exactly the first `sent` have been sent, `inFlight` of them unanswered, at this limit. */
async function expectSent(
  { gateway, upstream }: Stage,
  expected: { sent: number; inFlight: number; limit: number | null; held: number },
): Promise<void> {
  const { sent, inFlight, limit, held } = expected;
  await eventually(() => {
    expect(gateway.service.status()).toMatchObject({ held, inFlight, releaseLimit: limit });
    expect(upstream.inFlight).toBe(inFlight);
  });
  const order = upstream.targets.map((target) => Number(target.slice(1))).toSorted((a, b) => a - b);
  expect(order).toEqual(Array.from({ length: sent }, (_, index) => index));
}

describe("a release", () => {
  test("begins with eight and doubles with each full round of good answers", async () => {
    const stage = await release(120);
    await expectSent(stage, { sent: 8, inFlight: 8, limit: 8, held: 112 });
    stage.answer(1);
    await expectSent(stage, { sent: 9, inFlight: 8, limit: 8, held: 111 });
    stage.answer(6);
    await expectSent(stage, { sent: 15, inFlight: 8, limit: 8, held: 105 });
    stage.answer(1);
    await expectSent(stage, { sent: 24, inFlight: 16, limit: 16, held: 96 });
    stage.answer(15);
    await expectSent(stage, { sent: 39, inFlight: 16, limit: 16, held: 81 });
    stage.answer(1);
    await expectSent(stage, { sent: 56, inFlight: 32, limit: 32, held: 64 });
    expect(stage.upstream.mostInFlight).toBe(32);
  });

  test("halves at an answer of 5xx and sends nothing until no more than that are in flight", async () => {
    const stage = await release(60);
    await expectSent(stage, { sent: 8, inFlight: 8, limit: 8, held: 52 });
    stage.answer(1, 503);
    await expectSent(stage, { sent: 8, inFlight: 7, limit: 4, held: 52 });
    stage.answer(1, 500);
    await expectSent(stage, { sent: 8, inFlight: 6, limit: 2, held: 52 });
    stage.answer(1);
    await expectSent(stage, { sent: 8, inFlight: 5, limit: 2, held: 52 });
    stage.answer(1);
    await expectSent(stage, { sent: 8, inFlight: 4, limit: 4, held: 52 });
    stage.answer(2);
    await expectSent(stage, { sent: 10, inFlight: 4, limit: 4, held: 50 });
    expect(stage.upstream.mostInFlight).toBe(8);
  });

  test("begins as the configuration says", async () => {
    const stage = await release(10, "    release: { initial: 3 }");
    await expectSent(stage, { sent: 3, inFlight: 3, limit: 3, held: 7 });
    stage.answer(3);
    await expectSent(stage, { sent: 9, inFlight: 6, limit: 6, held: 1 });
  });

  test("lets nobody overtake who comes meanwhile, and ends when nobody waits any more", async () => {
    const stage = await release(20);
    const { gateway, upstream } = stage;
    await expectSent(stage, { sent: 8, inFlight: 8, limit: 8, held: 12 });
    const [newcomer] = await holdInOrder(gateway, 1, 20);
    stage.answer(4);
    await expectSent(stage, { sent: 12, inFlight: 8, limit: 8, held: 9 });
    stage.answer(4);
    await expectSent(stage, { sent: 21, inFlight: 13, limit: null, held: 0 });
    const straight = await askAlone(gateway.port, "GET", "/21");
    await expectSent(stage, { sent: 22, inFlight: 14, limit: null, held: 0 });
    stage.answer(14);
    expect(await newcomer?.answer()).toMatchObject({ status: 200 });
    const answer = await straight.answer();
    expect(answer.headers).not.toHaveProperty("holdgate-held");
    expect(upstream.mostInFlight).toBe(14);
    const ended = { type: "release_finished", service: "chat", released: 21, tookMs: expect.any(Number) };
    expect(gateway.events.at(-1)).toEqual(ended);
  });
});
