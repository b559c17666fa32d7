// One upstream as a service knows it: the data plane's side and its health.

import { isDeepStrictEqual } from "node:util";
import type { HealthSettings, TimeoutSettings, UpstreamSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { DeadlineSweep } from "../proxy/deadline-sweep.ts";
import { Upstream } from "../proxy/upstream.ts";
import type { AddressStatus, HealthStatus } from "./gateway-port.ts";
import { HealthMonitor } from "./health-monitor.ts";
import type { ProbeResult } from "./health-probe.ts";

export interface ServiceUpstreamOptions {
  name: string;
  settings: UpstreamSettings;
  timeouts: TimeoutSettings;
  clock: Clock;
  sweep: DeadlineSweep;
  onHealthChange: (upstream: string, from: HealthStatus["state"], to: HealthStatus) => void;
}

export class ServiceUpstream {
  readonly name: string;
  readonly urls: string[];
  readonly engine: Upstream;
  readonly #options: ServiceUpstreamOptions;
  #health: HealthSettings;
  #probed: readonly ProbeResult[] = [];
  #monitor: HealthMonitor;

  constructor(options: ServiceUpstreamOptions) {
    const { name, settings, timeouts, sweep } = options;
    this.name = name;
    this.urls = settings.urls;
    this.engine = new Upstream({ name, urls: settings.urls, timeouts, sweep });
    this.#options = options;
    this.#health = settings.health;
    this.#monitor = this.#startMonitor();
  }

  get health(): HealthSettings {
    return this.#health;
  }

  get monitor(): HealthMonitor {
    return this.#monitor;
  }

  /** Each address by itself. */
  addresses(): AddressStatus[] {
    return this.engine.addresses.map((address, at) => {
      const probed = this.#probed[at];
      const problem = probed === undefined || probed.good ? null : probed.reason;
      return { url: address.url, inFlight: address.busy, ejected: address.ejected, problem };
    });
  }

  /** Takes what needs no new connections. False when these settings make another upstream of it. */
  configure({ urls, health }: UpstreamSettings, timeouts: TimeoutSettings): boolean {
    this.engine.timeouts = timeouts;
    if (!isDeepStrictEqual(urls, this.urls)) return false;
    if (isDeepStrictEqual(health, this.#health)) return true;
    this.#health = health;
    this.#monitor.stop();
    this.#monitor = this.#startMonitor();
    return true;
  }

  /** No new work comes: probes end and idle connections close; what is in flight goes on. */
  retire(): void {
    this.#monitor.stop();
    this.engine.closeIdle();
  }

  #startMonitor(): HealthMonitor {
    const { name, urls } = this;
    const { clock, onHealthChange } = this.#options;
    const onChange = (from: HealthStatus["state"], to: HealthStatus): void => onHealthChange(name, from, to);
    const onProbed = (results: readonly ProbeResult[]): void => this.#takeProbes(results);
    const monitor = new HealthMonitor({ clock, urls, settings: this.#health, onProbed, onChange });
    monitor.start();
    return monitor;
  }

  /** Probes see what no request has met: that nobody is there, or is there again. */
  #takeProbes(results: readonly ProbeResult[]): void {
    for (const [at, address] of this.engine.addresses.entries()) {
      const result = results[at];
      if (result?.good) address.onProbed();
      else if (result?.nobodyThere) address.onReplaced();
    }
    this.#probed = results;
  }
}
