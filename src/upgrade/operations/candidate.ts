// Who is prepared to become active, and for which share of clients it is already.

import { z } from "zod";
import type { Handler, PerformContext } from "./handler.ts";
import { noteOnce } from "./note-once.ts";

/** `before` null: there was no candidate. */
const notedSchema = z.object({ before: z.string().nullable() });

export const setCandidate: Handler<"set-candidate"> = {
  async perform({ upstream, waitHealthyMs }, context) {
    const { before } = await noteCandidate(context);
    if (waitHealthyMs !== null) context.progress({ text: `until ${upstream} is healthy` });
    await context.gateway.setCandidate(upstream, waitHealthyMs, context.signal);
    return { before };
  },

  inverse({ upstream }, outcome, notes) {
    const known = notedSchema.safeParse(outcome ?? notes);
    if (!known.success) return [];
    const { before } = known.data;
    if (before === null) return [{ cause: "there was no candidate before", kind: "clear-candidate" }];
    if (before === upstream) return [];
    const cause = `${before} was the candidate before`;
    return [{ cause, kind: "set-candidate", upstream: before, waitHealthyMs: null }];
  },
};

export const clearCandidate: Handler<"clear-candidate"> = {
  async perform(_operation, context) {
    const { before } = await noteCandidate(context);
    const { slots } = await context.gateway.status(context.signal);
    if (slots.candidate !== null) await context.gateway.clearCandidate(context.signal);
    return { before };
  },

  inverse(_operation, outcome, notes) {
    const known = notedSchema.safeParse(outcome ?? notes);
    if (!known.success || known.data.before === null) return [];
    const { before } = known.data;
    const cause = `${before} was the candidate before`;
    return [{ cause, kind: "set-candidate", upstream: before, waitHealthyMs: null }];
  },
};

const notedShareSchema = z.object({ before: z.number().nullable() });

export const setCanary: Handler<"set-canary"> = {
  async perform({ percent, restores }, context) {
    const { gateway, signal } = context;
    const { before } = await noteOnce(context, notedShareSchema, async () => {
      const { canary } = await gateway.status(signal);
      return { before: canary?.percent ?? null };
    });
    // The way back may have left the candidate already, and the canary has ended with it.
    const isOver = restores && (await gateway.status(signal)).slots.candidate === null;
    if (!isOver) await gateway.setCanary(percent, signal);
    return { before };
  },

  inverse({ percent }, outcome, notes) {
    const known = notedShareSchema.safeParse(outcome ?? notes);
    if (!known.success || known.data.before === percent) return [];
    const { before } = known.data;
    const cause = before === null ? "there was no canary before" : `it was ${before}% before`;
    return [{ cause, kind: "set-canary", percent: before, restores: true }];
  },
};

function noteCandidate(context: PerformContext): Promise<{ before: string | null }> {
  return noteOnce(context, notedSchema, async () => {
    const { slots } = await context.gateway.status(context.signal);
    return { before: slots.candidate };
  });
}
