// The key of a start: the same for whoever comes after a killed runner, so that one command runs; another for each try
// that was decided on, or it would be told the failure of the one before.

import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { JsonObject } from "../../lib/json.ts";
import type { PerformContext } from "./handler.ts";

const notedSchema = z.object({ key: z.string() });

/** @param more what else must be durable before the start. */
export async function startKey(
  operation: string,
  context: PerformContext,
  more: JsonObject = {},
): Promise<string> {
  // Notes are forgotten where a new try is decided on.
  const noted = notedSchema.safeParse(context.notes);
  if (noted.success) return noted.data.key;
  const key = `${context.run.id}/${operation}/${randomUUID()}`;
  await context.note({ ...more, key });
  return key;
}
