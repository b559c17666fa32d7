import { describe, expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { askAlone, type RequestParts } from "../support/keep-alive-client.ts";
import { type Arrival, startScriptedUpstream } from "../support/scripted-upstream.ts";
import { startService } from "../support/start-service.ts";

const NEVER = new AbortController().signal;

async function setUp(service = "", onArrival?: (arrival: Arrival) => void) {
  const upstream = await startScriptedUpstream(onArrival ? { onArrival } : {});
  const started = await startService({ upstreams: { blue: upstream.url }, service });
  onTestFinished(() => started.close());
  const ask = (method: string, target: string, parts: RequestParts = {}) =>
    askAlone(started.port, method, target, parts);
  const told = () => started.events.map(({ type }) => type);
  return { ...started, upstream, ask, told };
}

describe("a body over limits.body", () => {
  it.each(["open", "hold"] as const)(
    "is refused with 413 when its length is known, in the mode %s",
    async (mode) => {
      const { service, apply, ask, upstream } = await setUp("    limits: { body: 10 }");
      apply({ mode });
      const client = await ask("POST", "/", { body: "eleven byte" });
      expect(await client.answer()).toMatchObject({ status: 413 });
      expect(upstream.targets).toEqual([]);
      expect(service.status()).toMatchObject({ held: 0, counters: { admitted: 1, refused: 1 } });
    },
  );
});

describe("an upstream that stays away for longer than the lease", () => {
  it("has everybody told that it is unreachable, newcomers at once, until it answers again", async () => {
    const { service, clock, ask, told, upstream } = await setUp(
      "    hold: { lease: 60s, maxWait: 5m }",
      (arrival) => arrival.answer(),
    );
    await upstream.kill();
    const waiting = await ask("POST", "/waiting");
    await eventually(() => expect(service.status().held).toBe(1));
    clock.advance(60_000);
    const unreachable = {
      status: 503,
      headers: { "retry-after": "30" },
      body: expect.stringContaining(`"code":"unreachable"`),
    };
    expect(await waiting.answer()).toMatchObject(unreachable);
    expect(told()).toContain("automatic_hold_over_lease");
    expect(await (await ask("GET", "/new")).answer()).toMatchObject(unreachable);
    expect(service.status()).toMatchObject({ held: 0, counters: { admitted: 2, refused: 2 } });

    await upstream.listen();
    await eventually(() => {
      clock.advance(40);
      expect(told()).toContain("automatic_hold_ended");
    });
    expect(await (await ask("GET", "/again")).answer()).toMatchObject({ status: 200 });
    expect(upstream.targets).toEqual(["/again"]);
  });
});

describe("waiting for a service", () => {
  it("ends at the signal with what is left", async () => {
    const { service, apply, ask, upstream } = await setUp();
    await ask("POST", "/in-flight");
    await upstream.arrived(1);
    apply({ mode: "hold" });
    await ask("GET", "/held");
    await eventually(() => expect(service.status().held).toBe(1));
    for (const wait of ["whenQuiet", "whenReleased"] as const) {
      const deadline = new AbortController();
      const left = service[wait](deadline.signal);
      deadline.abort();
      expect(await left).toEqual({ inFlight: 1, tunnels: 0, held: 1 });
    }
    expect(await service.whenDrained("blue", NEVER)).toMatchObject({ held: 1 });
  });

  it("ends when nothing is left", async () => {
    const { service, apply, ask, upstream } = await setUp();
    await ask("POST", "/in-flight");
    const [posted] = await upstream.arrived(1);
    apply({ mode: "hold" });
    await ask("GET", "/held");
    await eventually(() => expect(service.status().held).toBe(1));
    const [quiet, released] = [service.whenQuiet(NEVER), service.whenReleased(NEVER)];
    posted?.answer();
    expect(await quiet).toEqual({ inFlight: 0, tunnels: 0, held: 1 });
    apply({ mode: "open" });
    expect(await released).toEqual({ inFlight: 1, tunnels: 0, held: 0 });
  });
});

describe("a hold", () => {
  it("says once that it has settled, when the last request has ended", async () => {
    const { clock, apply, ask, told, upstream } = await setUp();
    const client = await ask("POST", "/in-flight");
    const [posted] = await upstream.arrived(1);
    apply({ mode: "hold" });
    clock.advance(5000);
    expect(told()).toEqual([]);
    posted?.answer();
    await client.answer();
    clock.advance(100);
    expect(told()).toEqual(["hold_settled"]);
    apply({});
    clock.advance(5000);
    expect(told()).toEqual(["hold_settled"]);
  });

  it("does what its lease says when it runs out", async () => {
    const { service, clock, apply, ask, told } = await setUp();
    apply({ mode: "hold" });
    clock.advance(3_600_000 - 1000);
    const client = await ask("GET", "/");
    await eventually(() => expect(service.status().held).toBe(1));
    clock.advance(1000);
    expect(await client.answer()).toMatchObject({ status: 503 });
    expect(service.status()).toMatchObject({ held: 0, mode: { name: "maintenance" } });
    expect(told()).toEqual(["hold_settled", "lease_ended"]);
  });
});

describe("a service that is retired", () => {
  it("leaves no timer behind, whatever it was doing", async () => {
    const { service, clock, apply, ask, upstream } = await setUp();
    await ask("POST", "/in-flight");
    await upstream.arrived(1);
    apply({ mode: "hold" });
    const held = await ask("GET", "/held");
    await eventually(() => expect(service.status().held).toBe(1));
    service.retire();
    expect(await held.answer()).toMatchObject({ status: 503 });
    // The engine's sweep is the gateway's, and lives on.
    expect(clock.pendingTimers).toBe(1);
  });
});
