// What was in flight when the app died: repeated where that is harmless, and nowhere else (DESIGN §2 rule 4).

import { describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { askAlone, type KeepAliveClient } from "../support/keep-alive-client.ts";
import { openGateway } from "../support/open-gateway.ts";
import { type Arrival, type ScriptedUpstream, startScriptedUpstream } from "../support/scripted-upstream.ts";
import type { StartedGateway } from "../support/start-gateway.ts";

const REPLAY_BYTES = 1024;

async function setUp(onArrival?: (arrival: Arrival) => void) {
  const upstream = await startScriptedUpstream(onArrival ? { onArrival } : {});
  const limits = `    limits: { replayBody: ${REPLAY_BYTES} }`;
  const gateway = await openGateway({ blue: upstream.url, service: limits });
  return { upstream, gateway, service: gateway.service };
}

async function inFlight(
  { port }: StartedGateway,
  upstream: ScriptedUpstream,
  method: string,
  body?: string,
): Promise<KeepAliveClient> {
  const target = `/${method.toLowerCase()}`;
  const client = await askAlone(port, method, target, body === undefined ? {} : { body });
  await upstream.arrivalOf(target);
  return client;
}

describe("what had no byte of an answer and is idempotent", () => {
  test("is sent again, body included, to the upstream that comes back, and answered", async () => {
    const { upstream, gateway, service } = await setUp();
    const body = "x".repeat(REPLAY_BYTES);
    const methods = ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"];
    const clients: KeepAliveClient[] = [];
    for (const method of methods) {
      clients.push(await inFlight(gateway, upstream, method, method === "PUT" ? body : undefined));
    }
    await upstream.kill();
    await eventually(() => expect(service.status().held).toBe(methods.length));
    await upstream.listen();
    for (const again of (await upstream.arrived(2 * methods.length)).slice(methods.length)) {
      expect(await again.body()).toBe(again.method === "PUT" ? body : "");
      again.answer(200);
    }
    for (const client of clients) expect(await client.answer()).toMatchObject({ status: 200 });
    const seen = upstream.targets.toSorted();
    expect(seen).toEqual([...methods, ...methods].map((method) => `/${method.toLowerCase()}`).toSorted());
    expect(service.status().counters).toMatchObject({ resent: methods.length, failed: 0 });
  });

  test("is sent again with the chunks in which its body came", async () => {
    const { upstream, gateway, service } = await setUp();
    const client = await askAlone(gateway.port, "PUT", "/chunks", {
      headers: { "Transfer-Encoding": "chunked" },
    });
    client.send("3\r\nabc\r\n");
    const first = await upstream.arrivalOf("/chunks");
    client.send("4\r\ndefg\r\n0\r\n\r\n");
    expect(await first.body()).toBe("abcdefg");
    await upstream.kill();
    await eventually(() => expect(service.status().held).toBe(1));
    await upstream.listen();
    const [, again] = await upstream.arrived(2);
    expect(await again?.body()).toBe("abcdefg");
    again?.answer(204, "");
    expect(await client.answer()).toMatchObject({ status: 204 });
  });

  test("is not sent again when its client leaves meanwhile", async () => {
    const { upstream, gateway, service } = await setUp((arrival) => {
      if (arrival.target === "/stays") arrival.answer();
    });
    const client = await inFlight(gateway, upstream, "GET");
    await upstream.kill();
    await eventually(() => expect(service.status().held).toBe(1));
    client.leave();
    await eventually(() => expect(service.status().held).toBe(0));
    const other = await askAlone(gateway.port, "GET", "/stays");
    await upstream.listen();
    expect(await other.answer()).toMatchObject({ status: 200 });
    expect(upstream.targets).toEqual(["/get", "/stays"]);
    expect(service.status().counters).toMatchObject({ abandoned: 1 });
  });
});

describe("what must not be repeated", () => {
  test.each([
    ["POST", "a small body", "small"],
    ["POST", "no body", undefined],
    ["PATCH", "a small body", "small"],
    ["PUT", "a body over limits.replayBody", "x".repeat(REPLAY_BYTES + 1)],
  ])("a %s with %s fails with 502 and reaches the upstream once", async (method, _, body) => {
    const { upstream, gateway, service } = await setUp();
    const client = await inFlight(gateway, upstream, method, body);
    expect(await upstream.arrivals[0]?.body()).toBe(body ?? "");
    await upstream.kill();
    expect(await client.answer()).toMatchObject({ status: 502 });
    await upstream.listen();
    expect(service.status()).toMatchObject({ held: 0, counters: { resent: 0, failed: 1 } });
    expect(upstream.targets).toEqual([`/${method.toLowerCase()}`]);
  });

  test("a GET whose answer had begun ends where its answer broke off", async () => {
    const { upstream, gateway, service } = await setUp();
    const client = await inFlight(gateway, upstream, "GET");
    upstream.arrivals[0]?.begin();
    upstream.arrivals[0]?.write("half an");
    await client.hears("half an");
    await upstream.kill();
    await client.ends();
    expect(client.received).not.toContain("0\r\n\r\n");
    expect(service.status()).toMatchObject({ held: 0, counters: { resent: 0 } });
    expect(upstream.targets).toEqual(["/get"]);
  });
});

describe("a request that brings its upstream down each time", () => {
  const cutTheKiller = (arrival: Arrival) => {
    if (arrival.target === "/get") arrival.cut();
    else arrival.answer();
  };

  test("is sent three times at most, then fails with 502", async () => {
    const { upstream, gateway, service } = await setUp(cutTheKiller);
    const client = await inFlight(gateway, upstream, "GET");
    expect(await client.answer()).toMatchObject({ status: 502 });
    expect(upstream.targets).toEqual(["/get", "/get", "/get"]);
    expect(service.status().counters).toMatchObject({ resent: 2, failed: 1 });
  });

  test("is sent no more often when it came over connections that had been used before", async () => {
    const { upstream, gateway, service } = await setUp(cutTheKiller);
    const askWarm = () => askAlone(gateway.port, "GET", "/warm");
    const others = await Promise.all(Array.from({ length: 8 }, askWarm));
    for (const other of others) await other.answer();
    const used = upstream.targets.length;
    const client = await inFlight(gateway, upstream, "GET");
    expect(await client.answer()).toMatchObject({ status: 502 });
    expect(upstream.targets.slice(used)).toEqual(["/get", "/get", "/get"]);
    expect(service.status().counters).toMatchObject({ failed: 1 });
  });
});
