// Asks a person, and does as the plan says when nobody answers in time.

import { z } from "zod";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { OperationOf } from "./operation.ts";
import { StepFailure } from "./step-failure.ts";

type Decision = "approved" | "declined" | "nobody answered";

const notedSchema = z.object({ deadline: z.number().nullable() });

export const confirm: Handler<"confirm"> = {
  async perform(operation, context) {
    const decision = await decide(operation, context);
    if (decision === "declined") throw new StepFailure(`declined: ${operation.prompt}`, "declined");
    if (decision === "nobody answered") actWithoutAnswer(operation);
    return { decision };
  },
  inverse: () => [],
};

function actWithoutAnswer({ prompt, otherwise }: OperationOf<"confirm">): void {
  const message = `nobody has answered in time: ${prompt}`;
  switch (otherwise) {
    case "continue":
      return;
    case "rollback":
      throw new StepFailure(message, "declined");
    case "pause":
      throw new StepFailure(message, "needs-a-person");
  }
}

async function decide(
  { prompt, waitMs }: OperationOf<"confirm">,
  context: PerformContext,
): Promise<Decision> {
  const { clock, signal } = context;
  const { deadline } = await noteOnce(context, notedSchema, () => ({
    deadline: waitMs === null ? null : clock.wall() + waitMs,
  }));
  context.progress({ text: prompt });
  if (deadline === null) return context.ask(prompt, signal);
  const late = new AbortController();
  const timer = clock.after(Math.max(0, deadline - clock.wall()), () => late.abort());
  try {
    return await context.ask(prompt, AbortSignal.any([signal, late.signal]));
  } catch (error) {
    signal.throwIfAborted();
    if (late.signal.aborted) return "nobody answered";
    throw error;
  } finally {
    timer.cancel();
  }
}
