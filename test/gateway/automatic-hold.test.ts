import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { AutomaticHold } from "../../src/gateway/automatic-hold.ts";
import { eventually } from "../support/eventually.ts";
import { askAlone } from "../support/keep-alive-client.ts";
import { listen } from "../support/listen.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { startScriptedUpstream } from "../support/scripted-upstream.ts";

const LEASE_MS = 60_000;

const HEALTH = {
  path: "/",
  intervalMs: 1000,
  timeoutMs: 5000,
  good: 2,
  bad: 3,
  status: { from: 200, to: 399 },
  host: null,
  version: null,
};

/** An upstream that is away. */
async function setUp(clock = new ManualClock()) {
  const upstream = await startScriptedUpstream();
  await upstream.kill();
  const told: string[] = [];
  const hold = new AutomaticHold({
    clock,
    onStarted: (name, reason) => told.push(`started: ${name}, ${reason}`),
    onEnded: (name, heldMs) => told.push(`ended: ${name} after ${heldMs} at ${clock.now()}`),
    onLeaseOver: () => told.push("lease over"),
  });
  onTestFinished(() => hold.cancel());
  const awaited = { name: "blue", urls: [upstream.url], health: HEALTH };
  return { clock, upstream, hold, awaited, told };
}

/** Moves the hands on until it has been told so much. */
async function untilTold(clock: ManualClock, told: string[], count: number): Promise<void> {
  await eventually(() => {
    clock.advance(10);
    expect(told).toHaveLength(count);
  });
}

/** An automatic hold that has begun, with a lease of a minute and one request held. */
async function unreachable() {
  const clock = new ManualClock();
  const upstream = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer() });
  await upstream.kill();
  const service = "    hold: { lease: 60s, maxWait: 10m }";
  const gateway = await openGateway({ blue: upstream.url, service, clock });
  const first = await askAlone(gateway.port, "GET", "/first");
  await eventually(() => expect(gateway.service.status().automaticHoldSince).not.toBeNull());
  return { clock, upstream, gateway, first };
}

const held = (count: number, gateway: Awaited<ReturnType<typeof unreachable>>["gateway"]) =>
  eventually(() => expect(gateway.service.status().held).toBe(count));

describe("an automatic hold", () => {
  it("begins with the first failure and is not begun anew by the next", async () => {
    const { clock, hold, awaited, told } = await setUp();
    expect([hold.state, hold.since]).toEqual(["none", null]);
    hold.start(awaited, "refused the connection", LEASE_MS);
    clock.advance(100);
    hold.start(awaited, "again", LEASE_MS);
    expect([hold.state, hold.since]).toEqual(["holding", clock.wall() - 100]);
    expect(told).toEqual(["started: blue, refused the connection"]);
  });

  it("ends when the upstream answers again, and says how long it was away", async () => {
    const { clock, upstream, hold, awaited, told } = await setUp();
    hold.start(awaited, "refused", LEASE_MS);
    clock.advance(7000);
    expect(hold.state).toBe("holding");
    await upstream.listen();
    await untilTold(clock, told, 2);
    expect(told[1]).toMatch(/^ended: blue after (\d+) at \1$/);
    expect([hold.state, hold.since]).toEqual(["none", null]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is over its lease when the upstream stays away, and ends all the same when it comes back", async () => {
    const { clock, upstream, hold, awaited, told } = await setUp();
    hold.start(awaited, "refused", LEASE_MS);
    clock.advance(LEASE_MS - 1);
    expect(hold.state).toBe("holding");
    clock.advance(1);
    expect(hold.state).toBe("over-lease");
    expect(told).toEqual(["started: blue, refused", "lease over"]);
    hold.start(awaited, "still refused", LEASE_MS);
    expect(hold.state).toBe("over-lease");
    await upstream.listen();
    await untilTold(clock, told, 3);
    expect(hold.state).toBe("none");
  });

  it("goes on while the port accepts and breaks off", async () => {
    const { clock, upstream, hold, awaited } = await setUp();
    let accepted = 0;
    const proxy = createServer((socket) => {
      accepted++;
      socket.on("error", () => {}).resetAndDestroy();
    });
    await listen(proxy, upstream.port);
    hold.start(awaited, "refused", LEASE_MS);
    await eventually(() => {
      clock.advance(40);
      expect(accepted).toBeGreaterThanOrEqual(5);
    });
    expect(hold.state).toBe("holding");
    await once(proxy.close(), "close");
  });
});

describe("an automatic hold that is over", () => {
  it("says nothing more when it was cancelled", async () => {
    const { clock, upstream, hold, awaited, told } = await setUp();
    hold.start(awaited, "refused", LEASE_MS);
    hold.cancel();
    expect([hold.state, hold.since, clock.pendingTimers]).toEqual(["none", null, 0]);
    await upstream.listen();
    clock.advance(2 * LEASE_MS);
    expect(told).toHaveLength(1);
    expect(upstream.probes).toBe(0);
  });

  it("may be followed by another", async () => {
    const { clock, upstream, hold, awaited, told } = await setUp();
    hold.start(awaited, "refused", LEASE_MS);
    await upstream.listen();
    await untilTold(clock, told, 2);
    await upstream.kill();
    hold.start(awaited, "refused again", LEASE_MS);
    expect(hold.state).toBe("holding");
  });
});

describe("beside a hold, a reload and a cutover", () => {
  it("the lease of an automatic hold does not end a hold that was asked for meanwhile", async () => {
    const { clock, gateway, first, upstream } = await unreachable();
    await gateway.dispatch({ type: "hold", service: "chat", leaseMs: 300_000 });
    clock.advance(61_000);
    expect(gateway.service.status()).toMatchObject({ held: 1, mode: { name: "hold" } });
    await upstream.listen();
    await eventually(() => {
      clock.advance(40);
      expect(gateway.service.status().automaticHoldSince).toBeNull();
    });
    await gateway.dispatch({ type: "release", service: "chat" });
    expect(await first.answer()).toMatchObject({ status: 200 });
  });

  it("a release while the upstream is away for longer than the lease refuses what was held", async () => {
    const { clock, gateway, first } = await unreachable();
    await gateway.dispatch({ type: "hold", service: "chat", leaseMs: 300_000 });
    const second = await askAlone(gateway.port, "GET", "/second");
    await held(2, gateway);
    clock.advance(61_000);
    await gateway.dispatch({ type: "release", service: "chat" });
    expect(await first.answer()).toMatchObject({ status: 503 });
    expect(await second.answer()).toMatchObject({ status: 503 });
    expect(gateway.service.status().held).toBe(0);
  });

  it("a reload that switches the automatic hold off ends the one that is on", async () => {
    const { gateway, first } = await unreachable();
    const [chat, ...others] = gateway.settings.services;
    if (!chat) throw new Error("there is no service");
    const services = [{ ...chat, hold: { ...chat.hold, automatic: false } }, ...others];
    await gateway.control.reconfigure({ ...gateway.settings, services });
    expect(await first.answer()).toMatchObject({ status: 502 });
    expect(gateway.service.status()).toMatchObject({ held: 0, automaticHoldSince: null });
  });

  it("a cutover to an upstream that answers ends an automatic hold, and tells it", async () => {
    const { gateway, first } = await unreachable();
    const green = await startScriptedUpstream({ onArrival: (arrival) => arrival.answer(200, "green") });
    await gateway.dispatch({ type: "put_upstream", service: "chat", name: "green", urls: [green.url] });
    const cutover = {
      type: "cutover",
      service: "chat",
      to: "green",
      force: true,
      candidateHealthy: false,
    } as const;
    await gateway.dispatch(cutover);
    expect(await first.answer()).toMatchObject({ status: 200, body: "green" });
    expect(gateway.events.map(({ type }) => type)).toContain("automatic_hold_ended");
  });
});
