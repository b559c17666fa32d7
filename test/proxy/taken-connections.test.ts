// What cannot be repeated is sent on a connection of the pool only when the connection's end is not waiting
// to be read. Here the upstream ends its connections in the same turn in which the request is sent.

import { describe, expect, test } from "vitest";
import { askAlone } from "../support/keep-alive-client.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { WaitingExchanges } from "../support/waiting-exchanges.ts";

/** An engine with idle connections to its upstream, and a request that waits. */
async function setUp(method: string, body?: string) {
  const app = await startScriptedUpstream();
  const source = await WaitingExchanges.open({ urls: [app.url] });
  const { owner, port, upstream } = source.started;
  owner.upstream = upstream;
  const warmers = [await askAlone(port, "GET", "/warm"), await askAlone(port, "GET", "/warm")];
  for (const warm of await app.arrived(2)) warm.answer();
  for (const warmer of warmers) await warmer.answer();
  owner.upstream = null;
  const waiting = await source.next(method, "/once", body);
  return { app, upstream, owner, ...waiting };
}

const reached = ({ targets }: { targets: string[] }) => targets.filter((target) => target === "/once").length;

describe("a request that cannot be repeated", () => {
  test.each([
    ["POST", "a body"],
    ["POST", undefined],
    ["PATCH", "a body"],
    ["PUT", "x".repeat(100_000)],
  ])("is answered although all idle connections end as it is sent: a %s", async (method, body) => {
    const { app, upstream, owner, exchange, client } = await setUp(method, body);
    app.hangUp();
    exchange.forward(upstream);
    expect(upstream.exchanges.has(exchange)).toBe(true);
    const arrival = await app.arrivalOf("/once");
    expect(await arrival.body()).toBe(body ?? "");
    arrival.answer(201);
    expect(await client.answer()).toMatchObject({ status: 201 });
    expect(owner.failures).toEqual([]);
    expect(reached(app)).toBe(1);
  });

  test("takes an idle connection that lives", async () => {
    const { app, upstream, exchange, client } = await setUp("POST", "a body");
    exchange.forward(upstream);
    (await app.arrivalOf("/once")).answer(201);
    expect(await client.answer()).toMatchObject({ status: 201 });
    expect(app.connections).toBe(2);
  });

  test("is not sent at all when it is taken back, or its client is gone, in the same turn", async () => {
    const { app, upstream, owner, exchange, client } = await setUp("POST", "a body");
    exchange.forward(upstream);
    expect(exchange.recall()).toBe(true);
    expect(exchange.state).toBe("waiting");
    client.leave();
    await owner.until("its end", () => owner.outcomes.includes("abandoned"));
    expect(upstream.exchanges.size).toBe(0);
    expect(reached(app)).toBe(0);
  });
});
