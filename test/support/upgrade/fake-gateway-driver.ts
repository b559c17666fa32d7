// A gateway for tests of an upgrade: it does what it is told at once, remembers what that was, and shows the state
// that came of it. A test changes `service` and `counted` for what a real one would find out for itself.

import type { HealthStatus, Mode, ServiceStatus } from "../../../src/client/status.ts";
import { newCounters } from "../../../src/gateway/counters.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import type { GatewayDriver, ServiceMetrics } from "../../../src/upgrade/gateway/gateway-driver.ts";
import type { ModeOrder } from "../../../src/upgrade/operations/operation.ts";
import type { UpgradeReport } from "../../../src/upgrade/report/upgrade-report.ts";

type Upstream = ServiceStatus["upstreams"][number];
type Slot = NonNullable<Upstream["slot"]>;

export class FakeGatewayDriver implements GatewayDriver {
  service: ServiceStatus;
  counted: ServiceMetrics = { answers: 0, errors: 0, latency: [], startedAt: 1 };
  announcement: { message: string; at: number | null } | null = null;
  readonly reports: UpgradeReport[] = [];
  /** Each call that changes something, as `cutover green force`. */
  readonly calls: string[] = [];
  /** What a waiting change of mode answers. */
  settles: { settled: boolean; remaining: string | null } = { settled: true, remaining: null };
  /** Called before each call, reads included; what it throws is what the caller gets, and nothing has happened. */
  before: (call: string) => void = () => {};
  /** Called when a change has happened; what it throws is an answer that was lost. */
  after: (call: string) => void = () => {};
  readonly #clock: Clock;

  /** @param active the URL of the active upstream, `blue`. */
  constructor(clock: Clock, active = "http://127.0.0.1:9") {
    this.#clock = clock;
    this.service = serviceWith(upstreamOf("blue", active, "active"));
  }

  async status(): Promise<ServiceStatus> {
    this.before("status");
    return structuredClone(this.service);
  }

  async metrics(): Promise<ServiceMetrics> {
    this.before("metrics");
    return structuredClone(this.counted);
  }

  async setMode(order: ModeOrder): Promise<{ settled: boolean; remaining: string | null }> {
    this.#change(`mode ${order.name}`, () => {
      this.service.mode = modeOf(order, this.#clock.wall());
    });
    return "wait" in order && order.wait ? this.settles : { settled: true, remaining: null };
  }

  async announce(announcement: { message: string; at: number | null } | null): Promise<void> {
    this.#change(announcement ? `announce ${announcement.message}` : "withdraw", () => {
      this.announcement = announcement;
    });
  }

  async putUpstream(name: string, url: string): Promise<void> {
    this.#change(`put ${name} ${url}`, () => {
      const present = this.upstream(name);
      if (present) present.urls = [url];
      else this.service.upstreams.push(upstreamOf(name, url, null));
    });
  }

  async removeUpstream(name: string): Promise<void> {
    const { active, candidate, previous } = this.service.slots;
    if (name === active || name === candidate) throw new Error(`upstream ${name} is in use`);
    this.#change(`remove ${name}`, () => {
      if (name === previous) this.#setSlots({ previous: null });
      this.service.upstreams = this.service.upstreams.filter((each) => each.name !== name);
    });
  }

  async setCandidate(upstream: string): Promise<void> {
    this.#change(`candidate ${upstream}`, () => this.#setSlots({ candidate: upstream }));
  }

  async clearCandidate(): Promise<void> {
    this.#change("candidate none", () => this.#setSlots({ candidate: null }));
  }

  async setCanary(percent: number | null): Promise<void> {
    if (percent !== null && this.service.slots.candidate === null) throw new Error("no candidate is set");
    this.#change(`canary ${percent ?? "none"}`, () => {
      this.service.canary = percent === null ? null : { percent, since: 0, serving: true };
    });
  }

  async cutover(order: Parameters<GatewayDriver["cutover"]>[0]): Promise<void> {
    const { active, candidate } = this.service.slots;
    const to = order.to ?? candidate;
    if (to === null) throw new Error("no candidate is set");
    this.#change(`cutover ${to}${order.force ? " force" : ""}`, () => {
      if (to !== active) this.#setSlots({ active: to, candidate: null, previous: active });
    });
  }

  report(report: UpgradeReport): void {
    this.reports.push(report);
  }

  upstream(name: string): Upstream | undefined {
    return this.service.upstreams.find((each) => each.name === name);
  }

  /** What the gateway has found out about an upstream by now. */
  sees(name: string, health: Partial<HealthStatus>): void {
    const upstream = this.upstream(name);
    if (!upstream) throw new Error(`there is no upstream ${name}`);
    upstream.health = { ...upstream.health, checkedAt: this.#clock.wall(), ...health };
  }

  #change(call: string, change: () => void): void {
    this.before(call);
    this.calls.push(call);
    change();
    this.after(call);
  }

  #setSlots(slots: Partial<ServiceStatus["slots"]>): void {
    this.service.slots = { ...this.service.slots, ...slots };
    this.service.canary = null;
    const { active, candidate, previous } = this.service.slots;
    const slotOf = (name: string): Slot | null => {
      if (name === active) return "active";
      if (name === candidate) return "candidate";
      return name === previous ? "previous" : null;
    };
    for (const upstream of this.service.upstreams) upstream.slot = slotOf(upstream.name);
  }
}

function serviceWith(active: Upstream): ServiceStatus {
  return {
    name: "chat",
    hosts: [],
    paths: ["/"],
    mode: { name: "open" },
    automaticHoldSince: null,
    slots: { active: active.name, candidate: null, previous: null },
    canary: null,
    upstreams: [active],
    held: 0,
    inFlight: 0,
    tunnels: 0,
    tunnelsBy: [],
    parked: 0,
    releaseLimit: null,
    counters: newCounters(),
  };
}

function upstreamOf(name: string, url: string, slot: Slot | null): Upstream {
  const health: HealthStatus = { state: "unknown", checkedAt: null, reason: null, version: null };
  return {
    name,
    urls: [url],
    addresses: [],
    slot,
    health,
    inFlight: 0,
    tunnels: 0,
    connects: 0,
    drainingUntil: null,
  };
}

function modeOf(order: ModeOrder, now: number): Mode {
  switch (order.name) {
    case "open":
      return { name: "open" };
    case "hold":
      return {
        name: "hold",
        since: now,
        leaseEndsAt: now + (order.leaseMs ?? 300_000),
        onLeaseEnd: order.onLeaseEnd ?? "maintenance",
        maxWaitMs: order.maxWaitMs ?? 30_000,
      };
    case "maintenance":
      return {
        name: "maintenance",
        since: now,
        message: order.message,
        expectedEnd: order.expectedMs === null ? null : now + order.expectedMs,
        retryAfterMs: order.retryAfterMs ?? 30_000,
      };
  }
}
