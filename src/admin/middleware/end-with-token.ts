// A stream that was opened with a token ends when the token does: revoked, or expired.

import { createMiddleware } from "hono/factory";
import type { Clock } from "../../lib/clock.ts";
import type { AdminBindings, AdminEnv } from "../admin-env.ts";
import type { Principal } from "../principal.ts";

/** Timers reach no further than 24 days; a token may live for years. */
const LONGEST_LOOK_AHEAD_MS = 24 * 3_600_000;

export function endWithToken(clock: Clock) {
  return createMiddleware<AdminEnv>(async function bindToToken(c, next) {
    await next();
    const isStream = c.res.headers.get("content-type")?.startsWith("text/event-stream");
    if (isStream && c.env.outgoing) bind(c.env.outgoing, c.get("principal"), clock);
  });
}

function bind(outgoing: NonNullable<AdminBindings["outgoing"]>, principal: Principal, clock: Clock): void {
  const { revoked, expiresAt } = principal;
  const end = () => void outgoing.destroy();
  if (revoked?.aborted) return end();
  revoked?.addEventListener("abort", end);
  const expiry = expiresAt === undefined ? undefined : endAt(expiresAt, clock, end);
  outgoing.once?.("close", () => {
    revoked?.removeEventListener("abort", end);
    expiry?.cancel();
  });
}

function endAt(wallMs: number, clock: Clock, end: () => void): { cancel: () => void } {
  let timer = { cancel: () => {} };
  const look = () => {
    const leftMs = wallMs - clock.wall();
    if (leftMs <= 0) return end();
    timer = clock.after(Math.min(leftMs, LONGEST_LOOK_AHEAD_MS), look);
  };
  look();
  return { cancel: () => timer.cancel() };
}
