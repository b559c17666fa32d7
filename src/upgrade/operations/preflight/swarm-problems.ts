// A Swarm that can be changed: we speak with a manager, its nodes are ready, and no service of the plan is on the
// move already.

import { checkSwarm } from "../../../swarm/check-swarm.ts";
import type { PerformContext } from "../handler.ts";
import type { OperationOf } from "../operation.ts";

export async function swarmProblems(
  { preflight, targets }: OperationOf<"preflight">,
  { engine, signal }: PerformContext,
): Promise<string[]> {
  if (!preflight.swarm) return [];
  const services = Object.values(targets).flatMap((ref) => (ref.kind === "swarm" ? [ref.service] : []));
  return checkSwarm(engine, services, signal);
}
