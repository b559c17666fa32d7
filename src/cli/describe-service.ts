// Sentences about one service: the summaries of the verbs, and the line shown while one waits.

import type { HealthStatus, Mode, Remaining, ServiceStatus, UpstreamStatus } from "../admin/api-types.ts";
import { describeDuration } from "./describe-duration.ts";

/** `in hold for 12s, lease ends in 4m 48s, then maintenance`. `wallMs` is now, in milliseconds since 1970. */
export function describeMode(mode: Mode, wallMs: number): string {
  switch (mode.name) {
    case "open":
      return "open";
    case "hold": {
      const left = describeDuration(mode.leaseEndsAt - wallMs);
      return `in hold${forSoLong(mode.since, wallMs)}, lease ends in ${left}, then ${mode.onLeaseEnd}`;
    }
    case "maintenance":
      return `in maintenance${forSoLong(mode.since, wallMs)}${expectedEnd(mode.expectedEnd, wallMs)}`;
  }
}

/** `3 in flight, 12 held, 40 tunnels` */
export function describeTraffic(traffic: Remaining): string {
  return `${traffic.inFlight} in flight, ${traffic.held} held, ${plural(traffic.tunnels, "tunnel")}`;
}

/** What of it is left, without the zeros: `3 in flight, 1 tunnel`. */
export function describeRemaining(remaining: Remaining): string {
  const parts: string[] = [];
  if (remaining.inFlight > 0) parts.push(`${remaining.inFlight} in flight`);
  if (remaining.held > 0) parts.push(`${remaining.held} held`);
  if (remaining.tunnels > 0) parts.push(plural(remaining.tunnels, "tunnel"));
  return parts.join(", ") || "nothing";
}

export function describeHealth(health: HealthStatus): string {
  const reason = health.reason === null ? "" : ` (${health.reason})`;
  return `${health.state}${reason}`;
}

/** `active is green, previous is blue` */
export function describeSlots({ slots }: ServiceStatus): string {
  const previous = slots.previous === null ? "" : `, previous is ${slots.previous}`;
  return `active is ${slots.active}${previous}`;
}

/** `20 % of clients go to green`; null: there is no canary. */
export function describeCanary({ canary, slots }: ServiceStatus): string | null {
  if (canary === null) return null;
  const share = `${canary.percent} % of clients go to ${slots.candidate ?? "the candidate"}`;
  return canary.serving ? share : `${share} as soon as it is healthy`;
}

export function upstreamOf(service: ServiceStatus, name: string | null): UpstreamStatus | undefined {
  return service.upstreams.find((upstream) => upstream.name === name);
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

// Nothing for what has just begun: "in hold for 0s" would read like a mistake.
function forSoLong(since: number, wallMs: number): string {
  return wallMs - since < 1000 ? "" : ` for ${describeDuration(wallMs - since)}`;
}

function expectedEnd(at: number | null, wallMs: number): string {
  if (at === null) return "";
  return at > wallMs
    ? `, expected to end in ${describeDuration(at - wallMs)}`
    : `, expected to have ended ${describeDuration(wallMs - at)} ago`;
}
