import { describe, expect, test } from "vitest";
import { MetricsSince } from "../../../src/upgrade/checks/metrics-since.ts";
import { latencyMs } from "../../../src/upgrade/checks/metrics.ts";
import { runCheck } from "../../../src/upgrade/checks/run-check.ts";
import type { ServiceMetrics } from "../../../src/upgrade/gateway/gateway-driver.ts";
import { lookContext } from "../../support/upgrade/perform-context.ts";
import { checkContext, contextFor, reasonOf } from "./check-context.ts";

describe("a version check", () => {
  const check = { kind: "version", upstream: null, version: "1.5.0" } as const;

  test("is good when the gateway has read this version from a healthy upstream", async () => {
    const context = contextFor();
    context.world.gateway.sees("blue", { state: "healthy", version: "1.5.0" });
    expect(await runCheck(check, context)).toEqual({ ok: true });
  });

  test("says which version it is, or why none is known", async () => {
    const context = contextFor();
    const { gateway } = context.world;
    expect(reasonOf(await runCheck(check, context))).toContain("its health path told none");
    gateway.sees("blue", { state: "healthy", version: "1.4.0" });
    expect(reasonOf(await runCheck(check, context))).toBe(
      "upstream blue is of version 1.4.0 instead of 1.5.0",
    );
    gateway.sees("blue", { state: "unhealthy", version: "1.5.0", reason: "GET / answered 503" });
    expect(reasonOf(await runCheck(check, context))).toBe("upstream blue is unhealthy: GET / answered 503");
    expect(reasonOf(await runCheck({ ...check, upstream: "green" }, context))).toBe(
      "the gateway has no upstream green",
    );
  });
});

/** `slow` of the answers took up to a second, the others at most 10 ms. */
function counted(answers: number, errors: number, slow = 0, startedAt = 1): ServiceMetrics {
  const latency = [
    { leMs: 10, count: answers - slow },
    { leMs: 1000, count: answers },
    { leMs: Infinity, count: answers },
  ];
  return { answers, errors, latency, startedAt };
}

describe("a metric check", () => {
  const rate = { kind: "metric", metric: "errorRate", max: 0.01, relative: false } as const;
  const latency = { kind: "metric", metric: "latency", max: 2, relative: true } as const;

  function contextWith(now: ServiceMetrics, then: ServiceMetrics, before: ServiceMetrics | null = null) {
    const world = lookContext({ run: { metricsBefore: before } });
    world.gateway.counted = now;
    return checkContext(world, { metricsThen: then });
  }

  test("looks at what was counted since the step began", async () => {
    const then = counted(1000, 500);
    expect(await runCheck(rate, contextWith(counted(1200, 501), then))).toEqual({ ok: true });
    const reason = reasonOf(await runCheck(rate, contextWith(counted(1200, 510), then)));
    expect(reason).toBe("the error rate is 5%, above 1%");
  });

  test("has nothing against a service that nobody has used", async () => {
    expect(await runCheck(rate, contextWith(counted(5, 5), counted(5, 5)))).toEqual({ ok: true });
  });

  test("compares with the time before the run, if that is known", async () => {
    const before = counted(1000, 0);
    const slower = contextWith(counted(2000, 0, 500), before, before);
    expect(reasonOf(await runCheck(latency, slower))).toMatch(
      /^the latency of 95 in 100 answers is 901ms, above 19ms \(2 times/,
    );
    expect(await runCheck(latency, contextWith(counted(2000, 0), before, before))).toEqual({ ok: true });
    const unknown = contextWith(counted(2000, 0, 500), before, null);
    expect(reasonOf(await runCheck(latency, unknown))).toContain("is known of the time before the run");
  });

  test("estimates within the bucket, and says no more of the last than that it is beyond", () => {
    expect(latencyMs(counted(100, 0))).toBeCloseTo(9.5);
    const beyond = { leMs: Infinity, count: 100 };
    expect(latencyMs({ ...counted(0, 0), latency: [{ leMs: 50, count: 1 }, beyond] })).toBe(50);
    expect(latencyMs(counted(0, 0))).toBeNull();
  });
});

test("what is counted over a restart of the gateway is both together", () => {
  const since = new MetricsSince(counted(100, 1));
  since.add(counted(150, 2));
  since.add(counted(10, 3, 0, 2));
  since.add(counted(20, 4, 0, 2));
  expect(since.total).toMatchObject({ answers: 70, errors: 5 });
});
