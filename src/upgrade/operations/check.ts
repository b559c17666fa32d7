// Looks again and again until all is good for long enough. What has ended will not become good: then there is nothing
// to wait for, and its last lines say more than a deadline would.

import { z } from "zod";
import type { CheckContext } from "../checks/check-context.ts";
import { findEnded, findLooping } from "../checks/find-ended.ts";
import { metricsFor, metricsJson, metricsSchema } from "../checks/look-context.ts";
import { findBad } from "../checks/run-check.ts";
import type { JsonObject } from "../../lib/json.ts";
import { formatDuration } from "../../lib/duration.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Check } from "../plan/check.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

type CheckOperation = OperationOf<"check">;

const notedSchema = z.object({
  began: z.number(),
  deadline: z.number(),
  metrics: metricsSchema.nullable(),
});

/** Takes three seconds and the starts themselves, because the engine doubles its pauses: users wait meanwhile. */
const MANY_RESTARTS = 5;

export const check: Handler<"check"> = { perform: performCheck, inverse: () => [] };

async function performCheck(operation: CheckOperation, context: PerformContext): Promise<JsonObject> {
  const noted = await noteOnce(context, notedSchema, async () => {
    const metrics = await metricsFor(operation.checks, context);
    const began = context.clock.wall();
    return {
      began,
      deadline: began + operation.waitMs,
      metrics: metrics && metricsJson(metrics),
    };
  });
  const look: CheckContext = {
    world: context,
    targets: operation.targets,
    target: operation.target,
    since: noted.began,
    metricsThen: noted.metrics,
  };
  // A resume that comes late still gives it the time that being good takes.
  const deadline = Math.max(noted.deadline, context.clock.wall() + operation.forMs);
  return { looks: await untilGood(operation, look, deadline) };
}

/** How many looks it took. */
async function untilGood(operation: CheckOperation, look: CheckContext, deadline: number): Promise<number> {
  const { clock, signal } = look.world;
  const watched = watchedTargets(operation);
  let goodSince: number | null = null;
  for (let looks = 1; ; looks += 1) {
    const lookedAt = clock.now();
    const bad = await findBad(operation.checks, look);
    const ended = (await findEnded(watched, look)) ?? (bad.length > 0 ? await givenUp(watched, look) : null);
    if (ended !== null) throw new StepFailure([ended, ...bad.map(({ reason }) => reason)].join("\n"));
    goodSince = bad.length > 0 ? null : (goodSince ?? lookedAt);
    const leftMs = goodSince === null ? null : operation.forMs - (clock.now() - goodSince);
    if (leftMs !== null && leftMs <= 0) return looks;
    const what = whatIsMissing(bad, leftMs);
    if (clock.wall() >= deadline) {
      const looping = await findLooping(watched, 1, look);
      throw new StepFailure([tooLate(operation, what), looping].filter((text) => text !== null).join("\n"));
    }
    look.world.progress({ text: what });
    const pauseMs = Math.min(operation.intervalMs, leftMs ?? Infinity, deadline - clock.wall());
    await sleep(clock, pauseMs, signal);
  }
}

function givenUp(watched: string[], look: CheckContext): Promise<string | null> {
  return findLooping(watched, MANY_RESTARTS, look);
}

function whatIsMissing(bad: { reason: string }[], leftMs: number | null): string {
  if (leftMs !== null) return `good, and must stay so for ${formatDuration(leftMs)}`;
  return bad.map(({ reason }) => reason).join("\n");
}

function tooLate({ waitMs }: CheckOperation, what: string): string {
  return waitMs === 0 ? what : `not good within ${formatDuration(waitMs)}: ${what}`;
}

/** Whose end makes waiting useless. */
function watchedTargets({ checks, target }: CheckOperation): string[] {
  const named = checks.flatMap((each) => targetsOf(each));
  return [...new Set(target === null ? named : [target, ...named])];
}

function targetsOf(check: Check): string[] {
  if (check.kind === "tcp") return "target" in check.address ? [check.address.target] : [];
  return "target" in check && check.target !== null ? [check.target] : [];
}
