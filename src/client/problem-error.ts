// What the gateway says when it refuses: RFC 9457, kept whole so that --json can pass it on.

import type { Problem } from "../admin/api-types.ts";
import { ERROR_TABLE, type GatewayError } from "../lib/gateway-error.ts";

/** A refusal that came from the gateway, as opposed to a GatewayError raised on this side. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** The same shape for an error that arose here, before or without an answer. */
export function problemOf(error: GatewayError): Problem {
  const { status, title } = ERROR_TABLE[error.code];
  return { type: "about:blank", title, status, detail: error.message, code: error.code };
}
