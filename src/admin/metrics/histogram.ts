// A histogram that was counted elsewhere, in the words of Prometheus.

import type { Histogram, MetricValueWithName, Registry } from "prom-client";
import type { GatewayStatus } from "../../gateway/gateway-port.ts";
import type { HistogramMetric } from "./metric.ts";

/** Gives what fills it; see GatewayMetrics. */
export function registerHistogram(
  metric: HistogramMetric,
  registry: Registry,
): (status: GatewayStatus) => void {
  const { help, read, boundsMs } = metric;
  const name = `holdgate_${metric.name}`;
  let values: MetricValueWithName<string>[] = [];
  const get = () => Promise.resolve({ name, help, type: "histogram", aggregator: "sum", values });
  // The registry asks for these two only; the library's own class counts for itself, and takes no totals.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  registry.registerMetric({ name, get } as unknown as Histogram);
  return (status) => {
    values = read(status).flatMap(([labels, { counts, sumMs }]) => {
      let sum = 0;
      const buckets = counts.map((count, index) => {
        const boundMs = boundsMs[index];
        sum += count;
        const le = boundMs === undefined ? "+Inf" : String(boundMs / 1000);
        return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: sum };
      });
      const total = { metricName: `${name}_sum`, labels, value: sumMs / 1000 };
      return [...buckets, total, { metricName: `${name}_count`, labels, value: sum }];
    });
  };
}
