// One upstream as a service knows it: the data plane's side and its health.

import type { HealthSettings, TimeoutSettings, UpstreamSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { DeadlineSweep } from "../proxy/deadline-sweep.ts";
import { Upstream } from "../proxy/upstream.ts";
import type { HealthStatus } from "./gateway-port.ts";
import { HealthMonitor } from "./health-monitor.ts";

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
  readonly health: HealthSettings;
  readonly engine: Upstream;
  readonly monitor: HealthMonitor;
  readonly #key: string;

  constructor(options: ServiceUpstreamOptions) {
    const { name, settings, timeouts, clock, sweep, onHealthChange } = options;
    this.name = name;
    this.urls = settings.urls;
    this.health = settings.health;
    this.#key = JSON.stringify(settings);
    this.engine = new Upstream({ name, urls: settings.urls, timeouts, sweep });
    this.monitor = new HealthMonitor({
      clock,
      urls: settings.urls,
      settings: settings.health,
      onChange: (from, to) => onHealthChange(name, from, to),
    });
    this.monitor.start();
  }

  /** Whether these settings are the ones it was made from. */
  isMadeFrom(settings: UpstreamSettings): boolean {
    return this.#key === JSON.stringify(settings);
  }

  /** No new work comes: probes end and idle connections close; what is in flight goes on. */
  retire(): void {
    this.monitor.stop();
    this.engine.closeIdle();
  }
}
