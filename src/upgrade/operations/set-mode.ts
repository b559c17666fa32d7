// Changes what the gateway does with new work. How it was before is noted first: once the gateway has answered, only
// the answer tells, and that may be lost.

import { z } from "zod";
import type { Mode } from "../../client/status.ts";
import type { JsonObject } from "../../lib/json.ts";
import type { Effects, Handler } from "./handler.ts";
import { noteOnce } from "./note-once.ts";
import type { ModeOrder, OperationOf } from "./operation.ts";

const beforeSchema = z.discriminatedUnion("name", [
  z.object({ name: z.literal("open") }),
  z.object({ name: z.literal("hold"), maxWaitMs: z.number(), onLeaseEnd: z.enum(["maintenance", "open"]) }),
  z.object({ name: z.literal("maintenance"), message: z.string().nullable(), retryAfterMs: z.number() }),
]);
const notedSchema = z.object({ before: beforeSchema });
type Before = z.infer<typeof beforeSchema>;

/** How long the app may take to answer before users are let back. */
const AWAIT_ACTIVE_MS = 60_000;

export const setMode: Handler<"set-mode"> = {
  async perform({ mode }, context) {
    const noted = await noteOnce(context, notedSchema, async () => {
      const { mode } = await context.gateway.status(context.signal);
      return { before: essenceOf(mode) };
    });
    const { settled, remaining } = await context.gateway.setMode(mode, context.signal);
    if (!settled && remaining !== null) context.log(`the gateway went on with ${remaining} left`);
    return { before: noted.before, settled, remaining };
  },

  inverse({ mode }, outcome, notes) {
    const known = notedSchema.safeParse(outcome ?? notes ?? {});
    if (known.success) return backTo(known.data.before, mode);
    // Nothing was noted, so nothing had happened; without the notes that is not known.
    return notes === undefined ? backTo(usuallyBefore(mode), mode) : [];
  },
};

/** What of a mode is worth coming back to; its times are over by then. */
function essenceOf(mode: Mode): Before & JsonObject {
  switch (mode.name) {
    case "open":
      return { name: "open" };
    case "hold":
      return { name: "hold", maxWaitMs: mode.maxWaitMs, onLeaseEnd: mode.onLeaseEnd };
    case "maintenance":
      return { name: "maintenance", message: mode.message, retryAfterMs: mode.retryAfterMs };
  }
}

function usuallyBefore({ name }: ModeOrder): Before {
  return name === "open" ? { name: "hold", maxWaitMs: 30_000, onLeaseEnd: "maintenance" } : { name: "open" };
}

function backTo(before: Before, done: ModeOrder): Effects {
  const order = orderOf(before);
  if (before.name !== "open") {
    const cause = `new work waits as before, while what came before it is undone (${before.name})`;
    return [{ cause, kind: "set-mode", mode: order }];
  }
  if (done.name === "open") return [];
  return [
    {
      cause: "users are let back only when the app answers",
      kind: "await-active",
      waitMs: AWAIT_ACTIVE_MS,
    },
    { cause: "the service was open before", kind: "set-mode", mode: order },
  ];
}

function orderOf(before: Before): OperationOf<"set-mode">["mode"] {
  switch (before.name) {
    case "open":
      return { name: "open", wait: false };
    case "hold": {
      const { maxWaitMs, onLeaseEnd } = before;
      // A lease of its default length, from then on.
      return { name: "hold", leaseMs: null, maxWaitMs, onLeaseEnd, wait: false };
    }
    case "maintenance": {
      const { message, retryAfterMs } = before;
      return { name: "maintenance", message, expectedMs: null, retryAfterMs };
    }
  }
}
