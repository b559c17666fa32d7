// Waits until the active upstream answers: users are let back to an app, not to an error.
//
// The gateway's word counts only when it has looked since we began: a container that was stopped and started in the
// meantime may still stand there as healthy. Whoever can ask the app itself need not wait for that.

import { z } from "zod";
import { attempt } from "../checks/attempt.ts";
import { GOOD, bad, type CheckResult } from "../checks/check-result.ts";
import { connectionFailure } from "../checks/connection-failure.ts";
import { shortUrl } from "../checks/find-origins.ts";
import { sendRequest } from "../checks/send-request.ts";
import type { ServiceStatus } from "../../client/status.ts";
import { formatDuration } from "../../lib/duration.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import { StepFailure } from "./step-failure.ts";

type Upstream = ServiceStatus["upstreams"][number];

const notedSchema = z.object({ deadline: z.number() });
const INTERVAL_MS = 250;
const ATTEMPT_MS = 2000;

export const awaitActive: Handler<"await-active"> = {
  async perform({ waitMs }, context) {
    const { clock, signal } = context;
    const { deadline } = await noteOnce(context, notedSchema, () => ({ deadline: clock.wall() + waitMs }));
    const first = await activeUpstream(context);
    for (let active = first; ; active = await activeUpstream(context)) {
      const result = await judge(active, first, context);
      if (result.ok) return { upstream: active.name };
      if (clock.wall() >= deadline) throw new StepFailure(tooLate(active, waitMs, result.reason));
      context.progress({ text: result.reason });
      await sleep(clock, Math.min(INTERVAL_MS, deadline - clock.wall()), signal);
    }
  },
  inverse: () => [],
};

async function activeUpstream({ gateway, signal }: PerformContext): Promise<Upstream> {
  const { slots, upstreams } = await gateway.status(signal);
  const active = upstreams.find(({ name }) => name === slots.active);
  if (active) return active;
  throw new StepFailure(`the gateway has no upstream ${slots.active}, which is to be active`);
}

async function judge(active: Upstream, first: Upstream, context: PerformContext): Promise<CheckResult> {
  const { health } = active;
  const isFresh = active.name !== first.name || health.checkedAt !== first.health.checkedAt;
  if (isFresh && health.state === "healthy") return GOOD;
  const [url] = active.urls;
  if (url === undefined) return bad("it has no address");
  const asked = await ask(url, context);
  return asked.ok || !isFresh || health.reason === null ? asked : bad(health.reason);
}

/** Any answer of an app will do; a proxy's that has none behind it (502 to 504) will not. */
function ask(url: string, { clock, signal }: PerformContext): Promise<CheckResult> {
  const request = { url, path: "/", method: "GET", headers: {} };
  return attempt(
    { clock, signal, timeoutMs: ATTEMPT_MS },
    async (signal) => {
      const { status } = await sendRequest(request, signal);
      return status < 500 ? GOOD : bad(`${shortUrl(url)} answers ${status}`);
    },
    (error) => connectionFailure(shortUrl(url), error),
  );
}

function tooLate({ name, urls }: Upstream, waitMs: number, reason: string): string {
  const where = urls.map(shortUrl).join(", ");
  return `the active upstream ${name} (${where}) did not answer within ${formatDuration(waitMs)}: ${reason}`;
}
