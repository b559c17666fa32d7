// Who asks, and whether they may. Tokens are looked at here only and never kept, logged or echoed.

import { createMiddleware } from "hono/factory";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminContext, AdminEnv } from "../admin-env.ts";
import type { TokenVerifier } from "../admin-ports.ts";
import type { Principal } from "../principal.ts";
import { isRead } from "./is-read.ts";

/** Probes of an orchestrator have no token, and neither has who looks what listens here. */
const OPEN_PATHS: ReadonlySet<string> = new Set(["/", "/livez", "/readyz"]);
/** The console's files; what they show, they need a token for. */
const OPEN_PREFIX = "/console/";

/** Whoever can open the unix socket is root or the operator; its file mode has checked that. */
const SOCKET_PRINCIPAL: Principal = { actor: "socket", scope: "operate" };

export function authenticate(tokens: TokenVerifier) {
  return createMiddleware<AdminEnv>(async function checkToken(c, next) {
    if (OPEN_PATHS.has(c.req.path) || c.req.path.startsWith(OPEN_PREFIX)) return next();
    const principal = c.env.transport === "socket" ? SOCKET_PRINCIPAL : tokenPrincipal(c, tokens);
    c.set("principal", principal);
    if (principal.scope === "read" && !isRead(c.req.method)) {
      const detail = `the token ${principal.actor} has the scope read; ${c.req.method} needs operate`;
      throw new GatewayError("forbidden", detail);
    }
    return next();
  });
}

function tokenPrincipal(c: AdminContext, tokens: TokenVerifier): Principal {
  const header = c.req.header("authorization");
  const token = header === undefined ? undefined : /^Bearer +(\S+)$/i.exec(header)?.[1];
  const principal = token === undefined ? undefined : tokens.verify(token);
  if (principal) return principal;
  const remedy = "send `Authorization: Bearer <token>`; the first one is in admin.token in the dataDir";
  const reason = header === undefined ? "the request has no token" : "the token is not known";
  throw new GatewayError("unauthorized", `${reason}; ${remedy}`);
}
