// Tells users of an interruption to come, and takes it back.

import { z } from "zod";
import type { Handler } from "./handler.ts";
import { noteOnce } from "./note-once.ts";

const notedSchema = z.object({ at: z.number().nullable() });

export const announce: Handler<"announce"> = {
  async perform({ message, inMs }, context) {
    const { at } = await noteOnce(context, notedSchema, () => ({
      at: inMs === null ? null : context.clock.wall() + inMs,
    }));
    await context.gateway.announce({ message, at }, context.signal);
    return { at };
  },
  inverse: () => [{ cause: "the announced interruption does not come", kind: "withdraw-announcement" }],
};

export const withdrawAnnouncement: Handler<"withdraw-announcement"> = {
  async perform(_operation, { gateway, signal }) {
    await gateway.announce(null, signal);
    return {};
  },
  inverse: () => [],
};
