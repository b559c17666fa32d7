import { describe, expect, it } from "vitest";
import type { CutoverPolicy } from "../../src/config/settings.ts";
import { Drain } from "../../src/gateway/drain.ts";
import type { Exchange } from "../../src/proxy/exchange.ts";
import { DeadlineSweep } from "../../src/proxy/deadline-sweep.ts";
import type { OpenTunnel } from "../../src/proxy/tunnel-opener.ts";
import { Tunnel } from "../../src/proxy/tunnel.ts";
import { Upstream } from "../../src/proxy/upstream.ts";
import { HANDSHAKE } from "../support/handshake.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startEngine } from "../support/start-engine.ts";

const TIMEOUT_MS = 30_000;

const TIMEOUTS = { connectMs: 2000, responseHeadMs: 60_000, responseStallMs: 0, idleUpstreamMs: 55_000 };

/** Work on an upstream, and a drain of it that writes down what it does. */
async function setUp(policy: CutoverPolicy = "reconnect") {
  const clock = new ManualClock();
  const app = await startScriptedUpstream();
  const { port, upstream, owner } = await startEngine({
    urls: [app.url],
    clock,
    // Out of the way: nothing but the drain ends a request here.
    upstreamTimeouts: { responseHeadMs: 3_600_000 },
  });
  const told: string[] = [];
  const drain: Drain = new Drain({
    clock,
    upstream,
    timeoutMs: TIMEOUT_MS,
    policyOf: () => policy,
    closeInWaves: (tunnels: Iterable<OpenTunnel>) => {
      for (const { path } of tunnels) told.push(`closes ${path}`);
    },
    onRecalled: (exchange: Exchange) => told.push(`recalled ${exchange.head.target}`),
    onFinished: (cut) => told.push(`finished, ${cut} cut`),
  });
  const send = async (method: string, target: string) => {
    const client = await askAlone(port, method, target);
    return { client, arrival: await app.arrivalOf(target) };
  };
  const openTunnel = async (target: string) => {
    const { length } = owner.tunnels;
    await askAlone(port, "GET", target, { headers: HANDSHAKE });
    await owner.until(`tunnel ${target}`, () => owner.tunnels.length > length);
  };
  // In the gateway the service does this whenever something has ended.
  const settled = async (count: number) => {
    await owner.until(`${count} outcomes`, () => owner.outcomes.length >= count);
    drain.check();
  };
  return { clock, app, upstream, drain, told, send, openTunnel, settled };
}

describe("the end", () => {
  it("comes at once when there is nothing", async () => {
    const { clock, drain, told } = await setUp();
    const timers = clock.pendingTimers;
    drain.start();
    drain.check();
    expect(told).toEqual(["finished, 0 cut"]);
    expect(clock.pendingTimers).toBe(timers);
  });

  it("comes with the answer to the last request, and closes idle connections", async () => {
    const { app, drain, told, send, settled } = await setUp();
    const [one, two] = [await send("POST", "/one"), await send("POST", "/two")];
    drain.start();
    one.arrival.answer();
    await settled(1);
    expect(told).toEqual([]);
    two.arrival.answer();
    await settled(2);
    expect(told).toEqual(["finished, 0 cut"]);
    await app.left();
  });

  it("comes when the last request is taken back", async () => {
    const { clock, drain, told, send } = await setUp();
    await send("GET", "/poll");
    drain.start();
    clock.advance(400);
    expect(told).toEqual([]);
    clock.advance(100);
    expect(told).toEqual(["recalled /poll", "finished, 0 cut"]);
  });

  it("comes at the deadline for requests that are still there: they are cut", async () => {
    const { clock, upstream, drain, told, send } = await setUp();
    const { client } = await send("POST", "/stuck");
    drain.start();
    expect(drain.deadlineAt).toBe(clock.wall() + TIMEOUT_MS);
    clock.advance(TIMEOUT_MS - 1);
    expect(upstream.exchanges.size).toBe(1);
    clock.advance(1);
    expect(told).toEqual(["finished, 1 cut"]);
    await client.ends();
  });
});

describe("the deadline", () => {
  it("can be set anew while the drain goes on", async () => {
    const { clock, drain, told, send } = await setUp();
    await send("POST", "/stuck");
    drain.start();
    clock.advance(20_000);
    drain.setTimeout(50_000);
    expect(drain.deadlineAt).toBe(clock.wall() + 50_000);
    clock.advance(49_999);
    expect(told).toEqual([]);
    drain.setTimeout(0);
    clock.advance(0);
    expect(told).toEqual(["finished, 1 cut"]);
  });

  it("never comes for a drain that was called off", async () => {
    const { clock, drain, told, send } = await setUp();
    const { client, arrival } = await send("POST", "/kept");
    await send("GET", "/poll");
    const timers = clock.pendingTimers;
    drain.start();
    drain.stop();
    expect(clock.pendingTimers).toBe(timers);
    clock.advance(2 * TIMEOUT_MS);
    expect(told).toEqual([]);
    arrival.answer(201);
    expect(await client.answer()).toMatchObject({ status: 201 });
  });
});

describe("tunnels", () => {
  it("are closed in waves at once, oldest first, when their policy is to reconnect", async () => {
    const { clock, drain, told, openTunnel } = await setUp("reconnect");
    for (const path of ["/first", "/second", "/third"]) {
      await openTunnel(path);
      clock.advance(10);
    }
    drain.start();
    expect(told).toEqual(["closes /first", "closes /second", "closes /third"]);
  });

  it("are closed at the deadline when their policy is to drain, and the drain goes on until they are gone", async () => {
    const { clock, upstream, drain, told, openTunnel } = await setUp("drain");
    await openTunnel("/ws");
    drain.start();
    clock.advance(TIMEOUT_MS - 1);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual(["closes /ws"]);
    for (const tunnel of upstream.tunnels) tunnel.destroy();
    drain.check();
    expect(told).toEqual(["closes /ws", "finished, 0 cut"]);
  });

  it("end the drain when the last one goes with the first wave, and nothing is cut later", () => {
    const clock = new ManualClock();
    const sweep = new DeadlineSweep(clock);
    const upstream = new Upstream({ name: "blue", urls: ["http://127.0.0.1:1"], timeouts: TIMEOUTS, sweep });
    const tunnel: Tunnel = Object.create(Tunnel.prototype);
    upstream.tunnels.add(tunnel);
    let finished = 0;
    const drain: Drain = new Drain({
      clock,
      upstream,
      timeoutMs: 30_000,
      policyOf: () => "reconnect",
      closeInWaves: (tunnels) => {
        for (const each of tunnels) upstream.tunnels.delete(each);
        drain.check();
      },
      onRecalled: () => {},
      onFinished: () => finished++,
    });
    drain.start();
    expect(finished).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });
});
