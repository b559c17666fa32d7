// Who asks, and whether they may. Tokens are looked at here only and never kept, logged or echoed.

import { createMiddleware } from "hono/factory";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminContext, AdminEnv } from "../admin-env.ts";
import type { AdminDeps } from "../admin-ports.ts";
import type { Principal } from "../principal.ts";
import { WrongTokens } from "../tokens/wrong-tokens.ts";
import { isRead } from "./is-read.ts";

/** Probes of an orchestrator have no token, and neither has who looks what listens here. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/", "/livez", "/readyz"]);
/** The console's files; what they show, they need a token for. */
const OPEN_PREFIX = "/console/";

/** Whoever can open the unix socket is root or the operator; its file mode has checked that. */
const SOCKET_PRINCIPAL: Principal = { actor: "socket", scope: "operate" };

export function authenticate(deps: Pick<AdminDeps, "tokens" | "clock" | "log">) {
  const wrongTokens = new WrongTokens(deps.clock);
  return createMiddleware<AdminEnv>(async function checkToken(c, next) {
    if (OPEN_PATHS.has(c.req.path) || c.req.path.startsWith(OPEN_PREFIX)) return next();
    const principal = c.env.transport === "socket" ? SOCKET_PRINCIPAL : tokenPrincipal(c, deps, wrongTokens);
    c.set("principal", principal);
    if (principal.scope === "read" && !isRead(c.req.method)) {
      const detail = `the token ${principal.actor} has the scope read; ${c.req.method} needs operate`;
      throw new GatewayError("forbidden", detail);
    }
    return next();
  });
}

const REMEDY = "send `Authorization: Bearer <token>`; the first one is in admin.token in the dataDir";

function tokenPrincipal(
  c: AdminContext,
  { tokens, log }: Pick<AdminDeps, "tokens" | "log">,
  wrongTokens: WrongTokens,
): Principal {
  const header = c.req.header("authorization") ?? "";
  if (header === "") throw new GatewayError("unauthorized", `the request has no token; ${REMEDY}`);
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  const verified = token === undefined ? undefined : tokens.verify(token);
  if (verified === "expired") throw tokenExpired();
  if (verified) return verified;
  const attempt = wrongTokens.count(c.env.from);
  if (attempt.is === "counted") {
    if (attempt.pauseMs > 0) log.warn({ from: c.env.from, pauseMs: attempt.pauseMs }, "wrong admin tokens");
    throw new GatewayError("unauthorized", `the token is not known; ${REMEDY}`);
  }
  c.set("retryAfterMs", attempt.retryAfterMs);
  throw new GatewayError("too_many_attempts", "the token is not known, and wrong ones came before it; wait");
}

export function tokenExpired(): GatewayError {
  const remedy = "have another one made with `holdgate token create`";
  return new GatewayError("token_expired", `the token has expired; ${remedy}`);
}
