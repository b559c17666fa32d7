// Errors as callers of the API see them: RFC 9457, with the code to match on.

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { ERROR_TABLE, GatewayError } from "../lib/gateway-error.ts";
import type { AdminLog } from "./admin-ports.ts";
import type { Problem } from "./api-types.ts";

export function problemAnswer(error: GatewayError, headers: Record<string, string> = {}): Response {
  const { status, title } = ERROR_TABLE[error.code];
  const problem: Problem = { type: "about:blank", title, status, detail: error.message, code: error.code };
  const contentType = { "Content-Type": "application/problem+json" };
  return new Response(JSON.stringify(problem), { status, headers: { ...contentType, ...headers } });
}

export function onError(log: AdminLog) {
  return function answerError(thrown: Error, c: Context): Response {
    const error = asGatewayError(thrown);
    if (ERROR_TABLE[error.code].status >= 500) {
      log.error({ err: thrown, method: c.req.method, path: c.req.path }, "an admin request failed");
    }
    return problemAnswer(error, headersOf(error, c));
  };
}

/** What we did not throw ourselves is a mistake of ours: its text goes into the log, not to the caller. */
function asGatewayError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error;
  const ofCaller = error instanceof HTTPException && error.status < 500;
  if (ofCaller) return new GatewayError("bad_request", error.message);
  return new GatewayError("internal", "the request failed for a reason of ours; the gateway's log has it");
}

function headersOf({ code }: GatewayError, c: Context): Record<string, string> {
  // RFC 9110 §15.5.2: a 401 names the scheme that would be accepted.
  if (ERROR_TABLE[code].status === 401) return { "WWW-Authenticate": 'Bearer realm="holdgate"' };
  const retryAfterMs: unknown = c.get("retryAfterMs");
  return typeof retryAfterMs === "number" ? { "Retry-After": String(Math.ceil(retryAfterMs / 1000)) } : {};
}
