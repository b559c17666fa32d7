// Errors as callers of the API see them: RFC 9457, with the code to match on.

import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { ERROR_TABLE, GatewayError } from "../lib/gateway-error.ts";
import type { AdminLog } from "./admin-ports.ts";
import type { Problem } from "./api-types.ts";

const CONTENT_TYPE = "application/problem+json";

export function toProblem(error: GatewayError): Problem {
  const { status, title } = ERROR_TABLE[error.code];
  return { type: "about:blank", title, status, detail: error.message, code: error.code };
}

export function answerProblem(
  c: Context,
  error: GatewayError,
  headers: Record<string, string> = {},
): Response {
  const { status } = ERROR_TABLE[error.code];
  return c.body(JSON.stringify(toProblem(error)), status, { "Content-Type": CONTENT_TYPE, ...headers });
}

export function onError(log: AdminLog) {
  return function answerError(thrown: Error, c: Context): Response {
    const error = asGatewayError(thrown);
    if (ERROR_TABLE[error.code].status >= 500) {
      log.error({ err: thrown, method: c.req.method, path: c.req.path }, "an admin request failed");
    }
    return answerProblem(c, error, headersOf(error));
  };
}

/** What we did not throw ourselves is a mistake of ours: its text goes into the log, not to the caller. */
function asGatewayError(error: Error): GatewayError {
  if (error instanceof GatewayError) return error;
  if (error instanceof HTTPException && error.status < 500)
    return new GatewayError("bad_request", error.message);
  return new GatewayError("internal", "the request failed for a reason of ours; the gateway's log has it");
}

/** RFC 9110 §15.5.2: a 401 names the scheme that would be accepted. */
function headersOf(error: GatewayError): Record<string, string> {
  return error.code === "unauthorized" ? { "WWW-Authenticate": 'Bearer realm="holdgate"' } : {};
}
