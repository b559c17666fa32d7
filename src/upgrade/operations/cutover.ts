// The exchange of active and candidate. From where to where is noted before the call: an answer that was lost is then
// found in the gateway's status, and the way back is known.
//
// A gateway that was started a moment ago refuses because it has not asked the new version yet, not because that is
// ill: it is given the time to.

import { z } from "zod";
import { ProblemError } from "../../client/problem-error.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

const notedSchema = z.object({ from: z.string(), to: z.string() });
/** More than three rounds of the slowest usual probes. */
const FIRST_LOOK_MS = 30_000;
const PAUSE_MS = 250;

export const cutover: Handler<"cutover"> = {
  async perform(operation, context) {
    const { from, to } = await noteOnce(context, notedSchema, () => endsOf(operation, context));
    const { slots } = await context.gateway.status(context.signal);
    if (slots.active !== to) await goTo(to, operation, context);
    return { from, to };
  },

  inverse(_operation, outcome, notes) {
    const known = notedSchema.safeParse(outcome ?? notes);
    if (!known.success || known.data.from === known.data.to) return [];
    const { from } = known.data;
    return [
      {
        cause: `${from} was active before`,
        kind: "cutover",
        to: from,
        // Whatever its probes say: it is what the way back leads to, and the other one has failed.
        force: true,
        drainTimeoutMs: null,
        wait: true,
        loses: null,
      },
    ];
  },
};

async function goTo(to: string, operation: OperationOf<"cutover">, context: PerformContext): Promise<void> {
  const { gateway, clock, signal } = context;
  const { force, drainTimeoutMs, wait } = operation;
  const deadline = clock.now() + FIRST_LOOK_MS;
  for (;;) {
    try {
      return await gateway.cutover({ to, force, drainTimeoutMs, wait }, signal);
    } catch (error) {
      const isRefusal = error instanceof ProblemError && error.problem.code === "not_healthy";
      if (!isRefusal || clock.now() >= deadline || (await isIll(to, context))) throw error;
    }
    context.progress({ text: `until the gateway knows how ${to} is` });
    await sleep(clock, PAUSE_MS, signal);
  }
}

/** Not known is not ill, and one that has become healthy since the refusal is not either. */
async function isIll(upstream: string, { gateway, signal }: PerformContext): Promise<boolean> {
  const { upstreams } = await gateway.status(signal);
  return upstreams.find(({ name }) => name === upstream)?.health.state === "unhealthy";
}

async function endsOf(
  { to }: OperationOf<"cutover">,
  { gateway, signal }: PerformContext,
): Promise<{ from: string; to: string }> {
  const { slots } = await gateway.status(signal);
  const goal = to ?? slots.candidate;
  if (goal !== null) return { from: slots.active, to: goal };
  throw new StepFailure(
    "cutover has nothing to go to: set a candidate in an earlier step, or name one with `to`",
  );
}
