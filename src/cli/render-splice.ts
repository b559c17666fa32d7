// The line of `holdgate status` about the tunnels that are moved from upstream to upstream.

import type { ServiceCounters, ServiceStatus, TunnelCount } from "../admin/api-types.ts";
import { plural } from "./describe-service.ts";
import type { Terminal } from "./terminal.ts";

/** `spliced: 480 socket.io, 20 plain; 500 parked; 1200 moves, 12 given up (10 unsure, 2 refused)`; none when there is nothing to say. */
export function renderSplice(
  { tunnelsBy, parked, counters }: ServiceStatus,
  style: Terminal["style"],
): string[] {
  const facts = [
    describeProtocols(tunnelsBy),
    parked > 0 ? style("yellow", `${parked} parked`) : "",
    describeMoves(counters, style),
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? [] : [`spliced: ${facts.join("; ")}`];
}

/** The most frequent first; those of one protocol together, whatever a cutover does with them. */
function describeProtocols(counts: readonly TunnelCount[]): string {
  const sums = new Map<string, number>();
  for (const { protocol, count } of counts) {
    if (protocol !== null && count > 0) sums.set(protocol, (sums.get(protocol) ?? 0) + count);
  }
  return describeCounts([...sums]);
}

function describeMoves({ spliced, givenUp, unsureKept }: ServiceCounters, style: Terminal["style"]): string {
  const reasons = Object.entries(givenUp).filter(([, count]) => count > 0);
  const lost = reasons.reduce((sum, [, count]) => sum + count, 0);
  return [
    spliced > 0 ? plural(spliced, "move") : "",
    lost > 0 ? style("red", `${lost} given up (${describeCounts(reasons)})`) : "",
    unsureKept > 0 ? `${unsureKept} kept unsure` : "",
  ]
    .filter((fact) => fact !== "")
    .join(", ");
}

function describeCounts(counts: readonly (readonly [name: string, count: number])[]): string {
  return counts
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}
