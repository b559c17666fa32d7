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

/** Counts by bounds, the last one of what is beyond them all, and the sum of what was counted. */
export interface Distribution {
  counts: readonly number[];
  sumMs: number;
}

export interface HistogramMetric {
  type: "histogram";
  /** Without the prefix `holdgate_`; it says that it is of seconds. */
  name: string;
  help: string;
  boundsMs: readonly number[];
  read: (status: GatewayStatus) => (readonly [labels: Labels, Distribution])[];
}

/** One histogram for each service. */
export function histogramPerService(
  name: string,
  help: string,
  boundsMs: readonly number[],
  read: (service: ServiceStatus) => Distribution,
): HistogramMetric {
  const readAll = ({ services }: GatewayStatus) =>
    services.map((service) => [{ service: service.name }, read(service)] as const);
  return { type: "histogram", name, help, boundsMs, read: readAll };
}
