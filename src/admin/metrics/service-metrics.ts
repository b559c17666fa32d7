// What Prometheus is told of each service. Names are public: dashboards and alerts are built on them.

import { ANSWER_TIME_BOUNDS_MS, HELD_TIME_BOUNDS_MS } from "../../gateway/counters.ts";
import type { ServiceStatus } from "../../gateway/gateway-port.ts";
import {
  type HistogramMetric,
  histogramPerService,
  type Metric,
  perService,
  type Sample,
  withinService,
} from "./metric.ts";
import { TUNNEL_METRICS, TUNNEL_TIMES } from "./tunnel-metrics.ts";

const MODES = ["open", "hold", "maintenance"] as const;
/** Admitted requests end in one of these, or are held now. */
const OUTCOMES = ["forwarded", "refused", "abandoned", "shed", "expired", "stale"] as const;
const ANSWER_CLASSES = [1, 2, 3, 4, 5] as const;

const traffic: Metric[] = [
  perService(
    "counter",
    "requests_admitted_total",
    "Requests that came to admission.",
    (s) => s.counters.admitted,
  ),
  withinService("counter", "requests_total", "Requests by what became of them.", {
    labels: ["outcome"],
    read: ({ counters }) => OUTCOMES.map((outcome): Sample => [{ outcome }, counters[outcome]]),
  }),
  withinService("counter", "answers_total", "Answers to clients by class of status.", {
    labels: ["class"],
    read: ({ counters }) =>
      ANSWER_CLASSES.map((each): Sample => [{ class: `${each}xx` }, counters.answers[each] ?? 0]),
  }),
  perService(
    "counter",
    "requests_held_total",
    "Requests that were held at least once.",
    (s) => s.counters.held,
  ),
  perService(
    "counter",
    "requests_released_total",
    "Held requests that were let go.",
    (s) => s.counters.released,
  ),
  perService(
    "counter",
    "requests_held_seconds_total",
    "For how long requests were held, all together; divided by those held it is the average wait.",
    (s) => s.counters.heldMs / 1000,
  ),
  perService(
    "counter",
    "requests_resent_total",
    "Requests sent again after a loss.",
    (s) => s.counters.resent,
  ),
  perService(
    "counter",
    "requests_failed_total",
    "Requests that failed with 502 or 504 because of the upstream.",
    (s) => s.counters.failed,
  ),
  perService(
    "counter",
    "connect_failures_total",
    "Connections to upstreams that could not be made.",
    (s) => s.counters.connectFailures,
  ),
  perService(
    "counter",
    "upstream_errors_total",
    "5xx answers of the app itself.",
    (s) => s.counters.upstreamErrors,
  ),
  withinService("counter", "upstream_connects_total", "Connections to upstreams that were begun.", {
    labels: ["upstream"],
    read: ofUpstreams((upstream) => upstream.connects),
  }),
  withinService("counter", "canary_requests_total", "Requests during a canary by where it has sent them.", {
    labels: ["slot"],
    read: ({ counters }): Sample[] => [
      [{ slot: "candidate" }, counters.canaryToCandidate],
      [{ slot: "active" }, counters.canaryToActive],
    ],
  }),
  perService(
    "counter",
    "canary_fallbacks_total",
    "Requests that failed at the candidate and went to the active upstream then.",
    (s) => s.counters.canaryFellBack,
  ),
  perService("counter", "cutovers_total", "Cutovers, those back included.", (s) => s.counters.cutovers),
  perService(
    "counter",
    "rollbacks_total",
    "Cutovers back to the previous upstream.",
    (s) => s.counters.rollbacks,
  ),
];

const times: HistogramMetric[] = [
  histogramPerService(
    "answer_seconds",
    "The app's answers by the time to their head.",
    ANSWER_TIME_BOUNDS_MS,
    ({ counters }) => ({ counts: counters.answerTimes, sumMs: counters.answerMs }),
  ),
  histogramPerService(
    "held_seconds",
    "Requests that were held and are over, by how long.",
    HELD_TIME_BOUNDS_MS,
    ({ counters }) => ({ counts: counters.heldTimes, sumMs: counters.heldTimesMs }),
  ),
  ...TUNNEL_TIMES,
];

const now: Metric[] = [
  perService("gauge", "held", "Requests that are held now.", (s) => s.held),
  withinService("gauge", "in_flight", "Requests in flight now.", {
    labels: ["upstream"],
    read: ofUpstreams((upstream) => upstream.inFlight),
  }),
  withinService("gauge", "tunnels", "Tunnels open now.", {
    labels: ["upstream"],
    read: ofUpstreams((upstream) => upstream.tunnels),
  }),
  withinService("gauge", "upstream_healthy", "1 when healthy, 0 when not or not known yet.", {
    labels: ["upstream"],
    read: ofUpstreams((upstream) => Number(upstream.health.state === "healthy")),
  }),
  withinService("gauge", "upstream_draining", "1 while the upstream drains.", {
    labels: ["upstream"],
    read: ofUpstreams((upstream) => Number(upstream.drainingUntil !== null)),
  }),
  withinService("gauge", "slot", "1 for the upstream that is in the slot.", {
    labels: ["slot", "upstream"],
    read: ({ upstreams }) =>
      upstreams.flatMap(({ name, slot }): Sample[] => (slot ? [[{ slot, upstream: name }, 1]] : [])),
  }),
  withinService("gauge", "mode", "1 for the mode the service is in.", {
    labels: ["mode"],
    read: ({ mode }) => MODES.map((each): Sample => [{ mode: each }, Number(each === mode.name)]),
  }),
  perService(
    "gauge",
    "canary_percent",
    "The share of clients that goes to the candidate; 0 while it is not healthy.",
    ({ canary }) => (canary?.serving ? canary.percent : 0),
  ),
  perService("gauge", "automatic_hold", "1 while the active upstream cannot be reached.", (s) =>
    Number(s.automaticHoldSince !== null),
  ),
];

export const SERVICE_METRICS: readonly Metric[] = [...traffic, ...TUNNEL_METRICS, ...now];
export const SERVICE_HISTOGRAMS: readonly HistogramMetric[] = times;

function ofUpstreams(value: (upstream: ServiceStatus["upstreams"][number]) => number) {
  return ({ upstreams }: ServiceStatus) =>
    upstreams.map((upstream): Sample => [{ upstream: upstream.name }, value(upstream)]);
}
