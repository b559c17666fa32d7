// Cutover and rollback: the same step in both directions.

import type { CutoverBody, ServiceStatus } from "../admin/api-types.ts";
import { isWriteAnswer } from "../client/answer-guards.ts";
import { describeDuration } from "./describe-duration.ts";
import { describeSlots, plural, upstreamOf } from "./describe-service.ts";
import { findService, servicePath } from "./find-service.ts";
import type { Invocation } from "./invocation.ts";
import { reportWaited } from "./report-write.ts";
import { showProgress } from "./show-progress.ts";
import type { WaitOptions, WriteOptions } from "./verb-options.ts";

export interface CutoverOptions extends WriteOptions, WaitOptions {
  to?: string;
  force?: true;
}

export async function cutOver(
  step: "cutover" | "rollback",
  options: CutoverOptions,
  invocation: Invocation,
): Promise<void> {
  const { service: given, ifMatch, ...body } = options satisfies CutoverBody & WriteOptions;
  const client = await invocation.connect();
  const service = await findService(client, given);
  const path = servicePath(service, step);
  const waits = options.wait === true;
  const work = client.call({ method: "POST", path, body, ifMatch, waits }, isWriteAnswer);
  const describe = (status: ServiceStatus): string => describeDrain(status, invocation.clock.wall());
  const answer = await (waits ? showProgress(work, { service, describe }, client, invocation) : work);
  const facts = waits
    ? describeSlots(answer.service)
    : describeDrain(answer.service, invocation.clock.wall());
  reportWaited(answer, facts, `the ${step} itself is done`, invocation);
}

/** `active is green, previous is blue; blue drains: 3 in flight, 40 tunnels, cut in 24s` */
function describeDrain(service: ServiceStatus, wallMs: number): string {
  const slots = describeSlots(service);
  const old = upstreamOf(service, service.slots.previous);
  if (!old || old.drainingUntil === null) return slots;
  const left = `${old.inFlight} in flight, ${plural(old.tunnels, "tunnel")}`;
  return `${slots}; ${old.name} drains: ${left}, cut in ${describeDuration(old.drainingUntil - wallMs)}`;
}
