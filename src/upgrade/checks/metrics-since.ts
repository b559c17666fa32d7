// What a service has counted since a moment, over restarts of its gateway.

import type { ServiceMetrics } from "../gateway/gateway-driver.ts";
import { metricsBetween, metricsTogether } from "./metrics.ts";

export class MetricsSince {
  #then: ServiceMetrics;
  /** Of gateways that are gone. */
  #earlier: ServiceMetrics | null = null;
  #now: ServiceMetrics;

  constructor(then: ServiceMetrics) {
    this.#then = then;
    this.#now = then;
  }

  add(now: ServiceMetrics): void {
    if (now.startedAt !== this.#now.startedAt) {
      this.#earlier = this.total;
      this.#then = { answers: 0, errors: 0, latency: [], startedAt: now.startedAt };
    }
    this.#now = now;
  }

  get total(): ServiceMetrics {
    const since = metricsBetween(this.#then, this.#now);
    return this.#earlier === null ? since : metricsTogether(this.#earlier, since);
  }
}
