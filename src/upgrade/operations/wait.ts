// Lets time pass. The end is noted as a time of day, so that a runner that comes back waits for what is left.

import { z } from "zod";
import { formatDuration } from "../../lib/duration.ts";
import { sleep } from "../../lib/sleep.ts";
import type { Handler } from "./handler.ts";
import { noteOnce } from "./note-once.ts";

const notedSchema = z.object({ until: z.number() });

export const wait: Handler<"wait"> = {
  async perform(operation, context) {
    const { clock, signal } = context;
    const noted = await noteOnce(context, notedSchema, () => ({ until: clock.wall() + operation.forMs }));
    const leftMs = Math.max(0, noted.until - clock.wall());
    context.progress({ text: `for ${formatDuration(leftMs)}` });
    await sleep(clock, leftMs, signal);
    return {};
  },
  inverse: () => [],
};
