// While a call waits for something to settle: one line on standard error that says how far it is.

import type { ServiceStatus } from "../admin/api-types.ts";
import type { Clock } from "../lib/clock.ts";
import type { AdminClient } from "../client/admin-client.ts";
import { isStatusAnswer } from "../client/answer-guards.ts";
import { describeDuration } from "./describe-duration.ts";
import type { Invocation } from "./invocation.ts";
import { LiveLine } from "./live-line.ts";
import { pause } from "./pause.ts";

export interface Watched {
  /** The service's name; undefined when there is only one. */
  service: string | undefined;
  describe: (service: ServiceStatus) => string;
}

const LIVE_INTERVAL_MS = 200;
// Without a terminal each change is a line of its own, and a busy app changes at every look.
const LOG_INTERVAL_MS = 1000;

/** Gives what `work` gives, and shows the progress of `watched` until then. */
export async function showProgress<Result>(
  work: Promise<Result>,
  watched: Watched,
  client: AdminClient,
  invocation: Invocation,
): Promise<Result> {
  if (invocation.json) return work;
  const line = new LiveLine(invocation.terminal.stderr);
  const ended = new AbortController();
  const watching = watch(line, watched, client, invocation.clock, ended.signal);
  try {
    return await work;
  } finally {
    ended.abort();
    await watching;
    line.erase();
  }
}

async function watch(
  line: LiveLine,
  watched: Watched,
  client: AdminClient,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const startedAt = clock.now();
  const intervalMs = line.live ? LIVE_INTERVAL_MS : LOG_INTERVAL_MS;
  for (await pause(clock, intervalMs, signal); !signal.aborted; await pause(clock, intervalMs, signal)) {
    const service = await look(client, watched.service, signal);
    if (service && !signal.aborted) {
      line.show(`${service.name}: ${watched.describe(service)}`, describeDuration(clock.now() - startedAt));
    }
  }
}

// Undefined when the look failed: the call that is being watched will fail too, and say why.
async function look(
  client: AdminClient,
  name: string | undefined,
  signal: AbortSignal,
): Promise<ServiceStatus | undefined> {
  try {
    const status = await client.call({ method: "GET", path: "/admin/status", signal }, isStatusAnswer);
    return status.services.find((service) => name === undefined || service.name === name);
  } catch {
    return undefined;
  }
}
