// The exchange of active and candidate. From where to where is noted before the call: an answer that was lost is then
// found in the gateway's status, and the way back is known.

import { z } from "zod";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

const notedSchema = z.object({ from: z.string(), to: z.string() });

export const cutover: Handler<"cutover"> = {
  async perform(operation, context) {
    const { from, to } = await noteOnce(context, notedSchema, () => endsOf(operation, context));
    const { slots } = await context.gateway.status(context.signal);
    if (slots.active !== to) {
      const { force, drainTimeoutMs, wait } = operation;
      await context.gateway.cutover({ to, force, drainTimeoutMs, wait }, context.signal);
    }
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
