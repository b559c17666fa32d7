import { createMiddleware } from "hono/factory";
import { GatewayError } from "../../lib/gateway-error.ts";
import type { AdminEnv } from "../admin-env.ts";
import type { RefusalAudit } from "../refusal-audit.ts";
import { isRead } from "./is-read.ts";

/** Records each write that was refused on its way to control, which records all that reach it. */
export function auditRefusals(audit: RefusalAudit) {
  return createMiddleware<AdminEnv>(async function recordRefusal(c, next) {
    await next();
    // An error that a handler threw has become an answer by now, and stays readable here.
    if (isRead(c.req.method) || c.get("dispatched")) return;
    if (c.error instanceof GatewayError) await audit.record(c, c.error);
  });
}
