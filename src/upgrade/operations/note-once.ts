import type { z } from "zod";
import type { JsonObject } from "../../lib/json.ts";
import type { PerformContext } from "./handler.ts";

/**
 * What must be durable before the effect, because it cannot be found out behind it: how things were, or when a wait
 * ends. An earlier call whose outcome is not known has noted it already.
 */
export async function noteOnce<Noted>(
  context: PerformContext,
  schema: z.ZodType<Noted>,
  make: () => Promise<JsonObject> | JsonObject,
): Promise<Noted> {
  const earlier = context.again ? schema.safeParse(context.notes) : undefined;
  if (earlier?.success) return earlier.data;
  const noted = await make();
  await context.note(noted);
  return schema.parse(noted);
}
