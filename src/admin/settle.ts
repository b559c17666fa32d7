// The waiting that a write may ask for.

import type { Remaining } from "../gateway/gateway-port.ts";
import type { AdminContext } from "./admin-env.ts";
import type { AdminDeps } from "./admin-ports.ts";
import type { WaitedAnswer } from "./api-types.ts";
import { withDeadline } from "./with-deadline.ts";

export interface Settling {
  /** Undefined or false: do not wait. */
  wait: boolean | undefined;
  deadlineMs: number;
  until: (signal: AbortSignal) => Promise<Remaining>;
}

/** Waits if asked to, until everything settled, the deadline came, or the client left. */
export async function settle(
  { clock }: AdminDeps,
  c: AdminContext,
  { wait, deadlineMs, until }: Settling,
): Promise<Pick<WaitedAnswer, "settled" | "remaining">> {
  if (!wait) return {};
  return withDeadline({ clock, deadlineMs, clientLeft: c.get("clientLeft") }, async (signal) => {
    const remaining = await until(signal);
    return { settled: !signal.aborted, remaining };
  });
}
