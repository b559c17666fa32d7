// One metric, declared: what it is called, and how its values are read from the gateway's status.

import type { GatewayStatus, ServiceStatus } from "../../gateway/gateway-port.ts";

export type Labels = Record<string, string>;
export type Sample = readonly [labels: Labels, value: number];

export interface Metric {
  type: "counter" | "gauge";
  /** Without the prefix `holdgate_`. */
  name: string;
  help: string;
  labels: readonly string[];
  read: (status: GatewayStatus) => Sample[];
}

/** One value for each service. */
export function perService(
  type: Metric["type"],
  name: string,
  help: string,
  value: (service: ServiceStatus) => number,
): Metric {
  return withinService(type, name, help, { labels: [], read: (service) => [[{}, value(service)]] });
}

/** Several values for each service, told apart by more labels. */
export function withinService(
  type: Metric["type"],
  name: string,
  help: string,
  { labels, read }: { labels: readonly string[]; read: (service: ServiceStatus) => Sample[] },
): Metric {
  const readAll = ({ services }: GatewayStatus) =>
    services.flatMap((service) =>
      read(service).map(([own, value]): Sample => [{ service: service.name, ...own }, value]),
    );
  return { type, name, help, labels: ["service", ...labels], read: readAll };
}

/** As Prometheus has histograms: each bucket counts all that took at most so long, the last one all. */
export function bucketsOf(counts: readonly number[], boundsMs: readonly number[]): Sample[] {
  let sum = 0;
  return counts.map((count, index): Sample => {
    const boundMs = boundsMs[index];
    sum += count;
    return [{ le: boundMs === undefined ? "+Inf" : String(boundMs / 1000) }, sum];
  });
}
