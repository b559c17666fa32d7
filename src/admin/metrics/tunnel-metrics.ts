// What Prometheus is told of the tunnels of each service, and of what became of those that were to be moved.

import { GAP_BOUNDS_MS } from "../../gateway/counters.ts";
import {
  type HistogramMetric,
  histogramPerService,
  type Metric,
  perService,
  type Sample,
  withinService,
} from "./metric.ts";

/** The label of tunnels that nobody looks into. None of the protocols is called so. */
const NOT_LOOKED_INTO = "none";

export const TUNNEL_METRICS: readonly Metric[] = [
  perService("counter", "tunnels_opened_total", "Tunnels that were opened.", (s) => s.counters.tunnelsOpened),
  perService("counter", "tunnels_closed_total", "Tunnels that have ended.", (s) => s.counters.tunnelsClosed),
  perService(
    "counter",
    "tunnels_reconnected_total",
    "Tunnels that were closed with 1012 in a wave.",
    (s) => s.counters.reconnected,
  ),
  perService(
    "counter",
    "waves_total",
    "Waves in which tunnels were closed or moved.",
    (s) => s.counters.waves,
  ),
  perService("counter", "tunnels_cut_total", "Tunnels that had to be cut.", (s) => s.counters.cut),
  withinService(
    "gauge",
    "tunnels_by_protocol",
    "Tunnels open now, by what a cutover does with them and what they speak; none: nobody looks into them.",
    {
      labels: ["policy", "protocol"],
      read: ({ tunnelsBy }) =>
        tunnelsBy.map(({ policy, protocol, count }): Sample => [
          { policy, protocol: protocol ?? NOT_LOOKED_INTO },
          count,
        ]),
    },
  ),
  perService("gauge", "tunnels_parked", "Tunnels whose client has no upstream now.", (s) => s.parked),
  perService("counter", "tunnels_spliced_total", "Moves of tunnels.", (s) => s.counters.spliced),
  withinService("counter", "tunnels_given_up_total", "Tunnels that were not moved, by reason.", {
    labels: ["reason"],
    read: ({ counters }) =>
      Object.entries(counters.givenUp).map(([reason, count]): Sample => [{ reason }, count]),
  }),
  perService(
    "counter",
    "tunnels_unsure_kept_total",
    "Tunnels that went on although their client's last messages may be lost.",
    (s) => s.counters.unsureKept,
  ),
];

export const TUNNEL_TIMES: readonly HistogramMetric[] = [
  histogramPerService(
    "tunnel_gap_seconds",
    "Moves by how long the client had no upstream.",
    GAP_BOUNDS_MS,
    ({ counters }) => ({ counts: counters.gaps, sumMs: counters.gapMs }),
  ),
];
