// One upstream as a service knows it: the data plane's side and its health.

import { isDeepStrictEqual } from "node:util";
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
  readonly engine: Upstream;
  readonly #options: ServiceUpstreamOptions;
  #health: HealthSettings;
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
    const monitor = new HealthMonitor({ clock, urls, settings: this.#health, onChange });
    monitor.start();
    return monitor;
  }
}
