// The upstreams of a service: which slot each has, and those that are on their way out.

import type { Clock } from "../lib/clock.ts";
import type { DeadlineSweep } from "../proxy/deadline-sweep.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { type DepartingSessions, Drain } from "./drain.ts";
import type { GatewayEvent, HealthStatus, Remaining } from "./gateway-port.ts";
import { ServiceUpstream } from "./service-upstream.ts";
import { slotOf } from "./slot-of.ts";
import type { ServiceSnapshot, Slots } from "./snapshot.ts";
import type { TunnelWaves } from "./tunnel-waves.ts";

export interface ServiceUpstreamsOptions {
  service: string;
  clock: Clock;
  sweep: DeadlineSweep;
  waves: TunnelWaves;
  onEvent: (event: GatewayEvent) => void;
  /** Its sessions, for an upstream on its way out. */
  departure: (upstream: ServiceUpstream) => DepartingSessions;
  /** A request was taken back from an upstream that drains. */
  onRecalled: (exchange: Exchange) => void;
  onDrained: () => void;
}

const UNKNOWN: HealthStatus = { state: "unknown", checkedAt: null, reason: null, version: null };

export class ServiceUpstreams {
  readonly #options: ServiceUpstreamsOptions;
  readonly #known = new Map<string, ServiceUpstream>();
  readonly #drains = new Map<ServiceUpstream, Drain>();
  #active: ServiceUpstream | null = null;
  #slots: Slots = { active: "", candidate: null, previous: null };

  constructor(options: ServiceUpstreamsOptions) {
    this.#options = options;
  }

  get active(): ServiceUpstream {
    if (!this.#active) throw new TypeError("no snapshot has been applied yet");
    return this.#active;
  }

  get candidate(): ServiceUpstream | undefined {
    return this.#slots.candidate === null ? undefined : this.#known.get(this.#slots.candidate);
  }

  get slots(): Slots {
    return this.#slots;
  }

  all(): Iterable<ServiceUpstream> {
    return this.#known.values();
  }

  /** Those in use and those on their way out. */
  engines(): Upstream[] {
    return [...new Set([...this.#known.values(), ...this.#drains.keys()])].map((upstream) => upstream.engine);
  }

  /** Whose engine it is, in use or on its way out. */
  of(engine: Upstream): ServiceUpstream | undefined {
    for (const upstream of this.#known.values()) if (upstream.engine === engine) return upstream;
    for (const upstream of this.#drains.keys()) if (upstream.engine === engine) return upstream;
    return undefined;
  }

  /** Takes over a snapshot; true when another upstream is active than before (not at the first time). */
  apply(snapshot: ServiceSnapshot): boolean {
    const before = this.#active;
    const replaced = this.#update(snapshot);
    const active = this.#known.get(snapshot.slots.active);
    if (!active) throw new TypeError(`the active upstream ${snapshot.slots.active} is not defined`);
    this.#active = active;
    this.#slots = snapshot.slots;
    for (const { engine, name } of this.#known.values()) engine.slot = slotOf(snapshot.slots, name) ?? "";
    this.#keep(active);
    if (before && before !== active) this.#drain(before, snapshot.settings.drainTimeoutMs);
    for (const gone of replaced) {
      gone.retire();
      if (gone !== before) this.#drain(gone, snapshot.settings.drainTimeoutMs);
    }
    return before !== null && before !== active;
  }

  health(name: string): HealthStatus {
    return this.#known.get(name)?.monitor.state ?? UNKNOWN;
  }

  async whenHealthy(name: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#known.get(name)?.monitor.whenHealthy(signal)) ?? false;
  }

  /** It drains, or is none of the service's any more. */
  isLeft(upstream: ServiceUpstream): boolean {
    return this.#drains.has(upstream) || this.#known.get(upstream.name) !== upstream;
  }

  isDraining(name: string): boolean {
    return this.#drainsOf(name).length > 0;
  }

  setDrainTimeout(name: string, timeoutMs: number): void {
    for (const drain of this.#drainsOf(name)) drain.setTimeout(timeoutMs);
  }

  leftOn(name: string): Pick<Remaining, "inFlight" | "tunnels"> {
    const left = { inFlight: 0, tunnels: 0 };
    for (const { upstream } of this.#drainsOf(name)) {
      left.inFlight += upstream.exchanges.size;
      left.tunnels += upstream.tunnels.size;
    }
    return left;
  }

  /** Milliseconds since 1970; null when it does not drain. */
  drainingUntil(name: string): number | null {
    return this.#drainsOf(name)[0]?.deadlineAt ?? null;
  }

  onTunnelOpened(tunnel: OpenTunnel): void {
    if (this.#drains.size === 0) return;
    for (const drain of this.#drains.values()) {
      if (drain.upstream.tunnels.has(tunnel)) drain.onTunnelOpened(tunnel);
    }
  }

  /** Something has ended; a drain may be over. */
  checkDrains(): void {
    if (this.#drains.size === 0) return;
    for (const drain of this.#drains.values()) drain.check();
  }

  retire(): void {
    for (const upstream of this.#known.values()) upstream.retire();
    for (const drain of this.#drains.values()) drain.stop();
  }

  #drainsOf(name: string): Drain[] {
    return [...this.#drains.values()].filter((drain) => drain.upstream.name === name);
  }

  /** Makes what is new and returns what is gone or has other addresses now. */
  #update(snapshot: ServiceSnapshot): ServiceUpstream[] {
    const { clock, sweep, service, onEvent } = this.#options;
    const { timeouts } = snapshot.settings;
    const replaced: ServiceUpstream[] = [];
    for (const [name, upstream] of this.#known) {
      const settings = snapshot.upstreams[name];
      if (settings && upstream.configure(settings, timeouts)) continue;
      this.#known.delete(name);
      replaced.push(upstream);
    }
    for (const [name, settings] of Object.entries(snapshot.upstreams)) {
      if (this.#known.has(name)) continue;
      const onHealthChange = (upstream: string, from: HealthStatus["state"], to: HealthStatus): void =>
        onEvent({ type: "health_changed", service, upstream, from, to });
      this.#known.set(name, new ServiceUpstream({ name, settings, timeouts, clock, sweep, onHealthChange }));
    }
    return replaced;
  }

  /** One that drained and is active again keeps what it has. */
  #keep(active: ServiceUpstream): void {
    const drain = this.#drains.get(active);
    if (!drain) return;
    drain.keep();
    this.#drains.delete(active);
    this.#options.waves.keep(active.engine.tunnels);
  }

  #drain(upstream: ServiceUpstream, timeoutMs: number): void {
    if (this.#drains.has(upstream)) return;
    const { clock, waves, service, onEvent, departure, onRecalled, onDrained } = this.#options;
    const { exchanges, tunnels } = upstream.engine;
    const drain = new Drain({
      clock,
      upstream: upstream.engine,
      timeoutMs,
      policyOf: (tunnel) => waves.policyOf(tunnel),
      closeInWaves: (some) => waves.closeInWaves(some),
      sessions: departure(upstream),
      onRecalled,
      onFinished: (cut) => {
        this.#drains.delete(upstream);
        onEvent({ type: "drain_finished", service, upstream: upstream.name, cut });
        onDrained();
      },
    });
    this.#drains.set(upstream, drain);
    onEvent({
      type: "drain_started",
      service,
      upstream: upstream.name,
      inFlight: exchanges.size,
      tunnels: tunnels.size,
    });
    drain.start();
  }
}
