// The Prometheus registry. The gateway counts for itself, so that the hot path knows no metrics library;
// its totals are copied over when they are asked for.

import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { GatewayPort, GatewayStatus } from "../../gateway/gateway-port.ts";
import type { EventLoopDelay } from "../api-types.ts";
import type { ControlPort } from "../admin-ports.ts";
import type { ProcessVitals } from "../process-vitals.ts";
import type { Metric, Sample } from "./metric.ts";
import { registerHistogram } from "./histogram.ts";
import { SERVICE_HISTOGRAMS, SERVICE_METRICS } from "./service-metrics.ts";

export interface MetricsSources {
  gateway: Pick<GatewayPort, "status">;
  control: Pick<ControlPort, "state">;
  vitals: Pick<ProcessVitals, "eventLoopDelay">;
  version: string;
}

export class GatewayMetrics {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #gateway: MetricsSources["gateway"];
  readonly #fills: ((status: GatewayStatus) => void)[];

  constructor(sources: MetricsSources) {
    this.contentType = this.#registry.contentType;
    this.#gateway = sources.gateway;
    const metrics = [...gatewayMetrics(sources), ...SERVICE_METRICS];
    this.#fills = [
      ...metrics.map((metric) => register(metric, this.#registry)),
      ...SERVICE_HISTOGRAMS.map((metric) => registerHistogram(metric, this.#registry)),
    ];
    // Memory, CPU, garbage collection, and how far the event loop lags behind.
    collectDefaultMetrics({ register: this.#registry });
  }

  /** All of one scrape are from one look at the gateway, so that sums come out even. */
  async render(): Promise<string> {
    const status = this.#gateway.status();
    for (const fill of this.#fills) fill(status);
    return this.#registry.metrics();
  }
}

function gatewayMetrics({ control, vitals, version }: MetricsSources): Metric[] {
  return [
    {
      type: "gauge",
      name: "info",
      help: "The version that runs; always 1.",
      labels: ["version"],
      read: () => [[{ version }, 1]],
    },
    {
      type: "gauge",
      name: "state_version",
      help: "The version of the state.",
      labels: [],
      read: () => [[{}, control.state.version]],
    },
    {
      type: "gauge",
      name: "connections",
      help: "Connections of clients now.",
      labels: [],
      read: (status) => [[{}, status.connections]],
    },
    {
      type: "gauge",
      name: "event_loop_delay_seconds",
      help: "How late the event loop was in the last ten seconds or more.",
      labels: ["stat"],
      read: () => delays(vitals.eventLoopDelay()),
    },
    {
      type: "counter",
      name: "engine_refusals_total",
      help: "Requests that were refused before admission, by reason.",
      labels: ["reason"],
      read: (status) =>
        Object.entries(status.engineRefusals).map(([reason, count]): Sample => [{ reason }, count]),
    },
  ];
}

function delays({ p50Ms, p99Ms, maxMs }: EventLoopDelay): Sample[] {
  return [
    [{ stat: "p50" }, p50Ms / 1000],
    [{ stat: "p99" }, p99Ms / 1000],
    [{ stat: "max" }, maxMs / 1000],
  ];
}

/** Gives what fills the metric; emptied first, so that a service that is gone leaves no value behind. */
function register(metric: Metric, registry: Registry): (status: GatewayStatus) => void {
  const { name, help, labels, read } = metric;
  const options = { name: `holdgate_${name}`, help, labelNames: labels, registers: [registry] };
  const instrument = metric.type === "counter" ? new Counter(options) : new Gauge(options);
  return (status) => {
    instrument.reset();
    for (const [values, value] of read(status)) instrument.inc(values, value);
  };
}
