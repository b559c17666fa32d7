import { describe, expect, it } from "vitest";
import type { HealthSettings } from "../../src/config/settings.ts";
import { HealthMonitor } from "../../src/gateway/health-monitor.ts";
import type { ProbeResult } from "../../src/gateway/health-probe.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SETTINGS: HealthSettings = {
  path: "/api/health",
  intervalMs: 1000,
  timeoutMs: 5000,
  good: 2,
  bad: 3,
  status: { from: 200, to: 399 },
  host: null,
  version: ".version",
};
const GOOD: ProbeResult = { good: true, version: "1.0" };
const BAD: ProbeResult = { good: false, reason: "GET /api/health answered 503" };

/** A monitor whose probes the test answers. */
function setUp(urls = ["http://127.0.0.1:1"]) {
  const clock = new ManualClock(1_000_000);
  const changes: string[] = [];
  const asked: { url: string; answer: (result: ProbeResult) => void; signal: AbortSignal }[] = [];
  const monitor = new HealthMonitor({
    clock,
    urls,
    settings: SETTINGS,
    onChange: (from, to) => changes.push(`${from} > ${to.state}`),
    probe: async ({ url, signal }) => {
      const { promise, resolve } = Promise.withResolvers<ProbeResult>();
      asked.push({ url, answer: resolve, signal });
      return promise;
    },
  });
  const answer = async (...results: ProbeResult[]) => {
    for (const result of results) asked.shift()?.answer(result);
    // The round is over once the promises behind it have settled.
    await new Promise(setImmediate);
  };
  const rounds = async (...results: ProbeResult[]) => {
    for (const result of results) {
      await answer(result);
      clock.advance(SETTINGS.intervalMs);
    }
  };
  return { clock, monitor, changes, asked, answer, rounds };
}

describe("probing", () => {
  it("begins at once and goes on at the interval", async () => {
    const { clock, monitor, asked, answer } = setUp();
    expect(monitor.state).toEqual({ state: "unknown", checkedAt: null, reason: null, version: null });
    monitor.start();
    monitor.start();
    expect(asked).toHaveLength(1);
    clock.advance(300);
    await answer(GOOD);
    clock.advance(699);
    expect(asked).toHaveLength(0);
    clock.advance(1);
    expect(asked).toHaveLength(1);
  });

  it("sends no second probe while one is under way", async () => {
    const { clock, monitor, asked, answer } = setUp();
    monitor.start();
    clock.advance(4000);
    expect(asked).toHaveLength(1);
    await answer(BAD);
    clock.advance(0);
    expect(asked).toHaveLength(1);
  });

  it("asks all addresses and is good only when each is", async () => {
    const { monitor, changes, asked, answer, clock } = setUp(["http://a:1", "http://b:2"]);
    monitor.start();
    expect(asked.map(({ url }) => url)).toEqual(["http://a:1", "http://b:2"]);
    await answer(GOOD, BAD);
    expect(monitor.state.reason).toBe("GET /api/health answered 503");
    clock.advance(1000);
    await answer(GOOD, GOOD);
    expect(changes).toEqual([]);
    clock.advance(1000);
    await answer(GOOD, GOOD);
    expect(changes).toEqual(["unknown > healthy"]);
  });
});

describe("stopping", () => {
  it("is for good: it cuts the probe under way, ignores its result and leaves no timer", async () => {
    const { clock, monitor, changes, asked, answer, rounds } = setUp();
    monitor.start();
    await rounds(GOOD);
    const signal = asked[0]?.signal;
    monitor.stop();
    monitor.stop();
    expect(signal?.aborted).toBe(true);
    await answer(GOOD);
    monitor.start();
    expect([changes, asked, clock.pendingTimers]).toEqual([[], [], 0]);
  });

  it("is possible for who hears of a change", async () => {
    const clock = new ManualClock();
    const monitor: HealthMonitor = new HealthMonitor({
      clock,
      urls: ["http://a:1"],
      settings: { ...SETTINGS, good: 1 },
      onChange: () => monitor.stop(),
      probe: async () => GOOD,
    });
    monitor.start();
    await new Promise(setImmediate);
    expect([monitor.state.state, clock.pendingTimers]).toEqual(["healthy", 0]);
  });
});

describe("the state", () => {
  it("changes after enough good or bad probes in a row", async () => {
    const { monitor, changes, rounds } = setUp();
    monitor.start();
    await rounds(GOOD);
    expect(monitor.state.state).toBe("unknown");
    await rounds(GOOD, BAD, BAD, GOOD, BAD, BAD);
    expect(changes).toEqual(["unknown > healthy"]);
    await rounds(BAD, GOOD, BAD, GOOD);
    expect(changes).toEqual(["unknown > healthy", "healthy > unhealthy"]);
    await rounds(GOOD);
    expect(changes).toEqual(["unknown > healthy", "healthy > unhealthy", "unhealthy > healthy"]);
    monitor.stop();
  });

  it("tells of the last probe, whether it changed anything or not", async () => {
    const { clock, monitor, answer } = setUp();
    monitor.start();
    clock.advance(20);
    await answer(GOOD);
    expect(monitor.state).toEqual({ state: "unknown", checkedAt: 1_000_020, reason: null, version: "1.0" });
    clock.advance(1000);
    await answer(BAD);
    expect(monitor.state).toEqual({
      state: "unknown",
      checkedAt: 1_001_020,
      reason: "GET /api/health answered 503",
      version: null,
    });
  });
});

describe("whenHealthy", () => {
  it("waits until the upstream is healthy, and not at all when it is", async () => {
    const { monitor, rounds } = setUp();
    const { signal } = new AbortController();
    monitor.start();
    const waiting = monitor.whenHealthy(signal);
    await rounds(GOOD, GOOD);
    expect(await waiting).toBe(true);
    expect(await monitor.whenHealthy(signal)).toBe(true);
  });

  it("ends with false when its signal aborts, before or while it waits", async () => {
    const { monitor } = setUp();
    const controller = new AbortController();
    const waiting = monitor.whenHealthy(controller.signal);
    controller.abort();
    expect(await waiting).toBe(false);
    expect(await monitor.whenHealthy(controller.signal)).toBe(false);
  });

  it("ends with false when the monitor stops", async () => {
    const { monitor } = setUp();
    const { signal } = new AbortController();
    const waiting = monitor.whenHealthy(signal);
    monitor.stop();
    expect(await waiting).toBe(false);
    expect(await monitor.whenHealthy(signal)).toBe(false);
  });
});
