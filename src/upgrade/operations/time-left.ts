import type { PerformContext } from "./handler.ts";

/** Of a wait that began with the first attempt: its deadline is kept over a restart of the runner. Null: no end. */
export async function timeLeft(
  waitMs: number | null,
  context: Pick<PerformContext, "clock" | "notes" | "note">,
): Promise<number | null> {
  if (waitMs === null) return null;
  const noted = context.notes["until"];
  const until = typeof noted === "number" ? noted : context.clock.wall() + waitMs;
  if (typeof noted !== "number") await context.note({ until });
  return Math.max(until - context.clock.wall(), 0);
}
