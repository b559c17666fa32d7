import { describe, expect, it } from "vitest";
import { disturbing, quieten } from "../../src/gateway/quieten.ts";
import type { Exchange } from "../../src/proxy/exchange.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

async function setUp() {
  const clock = new ManualClock();
  const app = await startScriptedUpstream();
  const { port, upstream, owner } = await startEngine({ urls: [app.url], clock });
  const look = () => {
    const recalled: Exchange[] = [];
    quieten(upstream.exchanges, clock.now(), (exchange) => recalled.push(exchange));
    return recalled.map(({ head }) => head.target);
  };
  const send = async (method: string, target: string, body?: string) => {
    const client = await askAlone(port, method, target, body === undefined ? {} : { body });
    return { client, arrival: await app.arrivalOf(target) };
  };
  return { clock, upstream, owner, look, send };
}

describe("a request without a byte of an answer", () => {
  it.each(["GET", "HEAD", "PUT", "DELETE"])(
    "is taken back when it came by %s, half a second ago",
    async (method) => {
      const { clock, upstream, look, send } = await setUp();
      await send(method, "/poll");
      clock.advance(499);
      expect(look()).toEqual([]);
      clock.advance(1);
      expect(look()).toEqual(["/poll"]);
      expect(upstream.exchanges.size).toBe(0);
      expect(look()).toEqual([]);
    },
  );

  it.each(["POST", "PATCH"])("stays when it came by %s", async (method) => {
    const { clock, upstream, look, send } = await setUp();
    const { arrival, client } = await send(method, "/slow");
    clock.advance(10_000);
    expect(look()).toEqual([]);
    expect(upstream.exchanges.size).toBe(1);
    arrival.answer(200, "late");
    expect(await client.answer()).toMatchObject({ status: 200, body: "late" });
  });

  it("is taken back whatever it is, and at once, while its connection is still being made", async () => {
    const { clock, upstream, owner, look, send } = await setUp();
    owner.upstream = null;
    const client = send("POST", "/not-sent", "kept");
    await owner.until("the request", () => owner.exchanges.length === 1);
    const [exchange] = owner.exchanges;
    exchange?.forward(upstream);
    expect(look()).toEqual(["/not-sent"]);
    expect(exchange?.state).toBe("waiting");
    exchange?.forward(upstream);
    const { arrival } = await client;
    expect(await arrival.body()).toBe("kept");
    expect(clock.now()).toBe(0);
  });
});

describe("a request whose answer has begun", () => {
  it("stays, unless its answer is an event stream, which ends between two events", async () => {
    const { clock, owner, look, send } = await setUp();
    const [plain, stream] = [await send("GET", "/plain"), await send("GET", "/events")];
    plain.arrival.begin("text/plain");
    plain.arrival.write("data: one\n\n");
    stream.arrival.begin("text/event-stream");
    stream.arrival.write("data: one\n\ndata: tw");
    for (const { client } of [plain, stream]) await client.hears("data: one");
    clock.advance(10_000);
    expect(look()).toEqual([]);
    expect(owner.outcomes).toEqual([]);
    stream.arrival.write("o\n\n");
    expect(await stream.client.answer()).toMatchObject({ body: "data: one\n\ndata: two\n\n" });
    expect(owner.outcomes).toEqual(["answered"]);
    plain.arrival.end();
    expect(await plain.client.answer()).toMatchObject({ body: "data: one\n\n" });
  });
});

describe("a poll of an Engine.IO session", () => {
  const POLL = "/socket.io/?EIO=4&transport=polling&sid=abc";

  it.each([
    ["GET", POLL],
    ["GET", "/chat/?sid=abc&transport=polling"],
  ])("is not what a hold waits for, nor takes back: %s %s", async (method, target) => {
    const { upstream, send } = await setUp();
    await send(method, target);
    expect([...disturbing(upstream.exchanges)]).toEqual([]);
    expect(upstream.exchanges.size).toBe(1);
  });

  it.each([
    ["GET", "/poll"],
    ["GET", "/socket.io/?EIO=4&transport=polling"],
    ["GET", "/?sid=abc"],
    ["POST", POLL],
  ])("is told from what a hold does wait for: %s %s", async (method, target) => {
    const { upstream, send } = await setUp();
    await send(method, target);
    expect([...disturbing(upstream.exchanges)]).toHaveLength(1);
  });

  it("is waited for once its answer has begun", async () => {
    const { upstream, owner, send } = await setUp();
    const { arrival } = await send("GET", POLL);
    arrival.begin();
    await owner.until("the answer's head", () => owner.exchanges[0]?.state === "answering");
    expect([...disturbing(upstream.exchanges)]).toHaveLength(1);
  });

  it("goes to the next upstream at a cutover", async () => {
    const { clock, look, send } = await setUp();
    await send("GET", POLL);
    clock.advance(500);
    expect(look()).toEqual([POLL]);
  });
});
