// A body may come in long after its head; a token that was revoked or expired in between must not write any more.

import { createMiddleware } from "hono/factory";
import type { Clock } from "../../lib/clock.ts";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminEnv } from "../admin-env.ts";
import type { Principal } from "../principal.ts";
import { tokenExpired } from "./authenticate.ts";

export function refuseEndedToken(clock: Pick<Clock, "wall">) {
  return createMiddleware<AdminEnv>(async function checkAgain(c, next) {
    // Not set on the paths that need no token.
    const principal = c.get("principal") as Principal | undefined;
    if (principal?.revoked?.aborted) {
      throw new GatewayError("unauthorized", "the token was revoked before the body had come");
    }
    if (principal?.expiresAt !== undefined && clock.wall() >= principal.expiresAt) throw tokenExpired();
    await next();
  });
}
