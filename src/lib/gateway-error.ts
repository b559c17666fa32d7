// The one exception type, and the one table that says what each code means to a caller.

/** Every code that can leave Holdgate: stable, matched on by callers, listed in the OpenAPI document. */
export const ERROR_TABLE = {
  bad_request: { status: 400, title: "The request is not understood" },
  service_required: { status: 400, title: "Several services are configured: name one" },
  unauthorized: { status: 401, title: "A valid token is required" },
  token_expired: { status: 401, title: "The token has expired" },
  too_many_attempts: { status: 429, title: "Too many wrong tokens came from this address" },
  forbidden: { status: 403, title: "This is not allowed" },
  not_found: { status: 404, title: "There is no such thing" },
  unknown_service: { status: 404, title: "There is no such service" },
  unknown_upstream: { status: 404, title: "There is no such upstream" },
  unknown_token: { status: 404, title: "There is no such token" },
  method_not_allowed: { status: 405, title: "This method is not offered here" },
  no_candidate: { status: 409, title: "No candidate is set" },
  no_previous: { status: 409, title: "There is no previous upstream" },
  not_healthy: { status: 409, title: "The upstream is not healthy" },
  upstream_in_use: { status: 409, title: "The upstream is in use" },
  already_active: { status: 409, title: "The upstream is active already" },
  no_runner: { status: 409, title: "No runner is connected" },
  window_exists: { status: 409, title: "A maintenance window is planned already" },
  upgrade_running: { status: 409, title: "An upgrade of this service is under way" },
  upgrade_not_running: { status: 409, title: "This upgrade is not under way" },
  token_exists: { status: 409, title: "There is a token of this name already" },
  too_many_tokens: { status: 409, title: "There are too many tokens" },
  last_token: { status: 409, title: "Without this token nobody could operate over TCP" },
  idempotency_mismatch: { status: 409, title: "This Idempotency-Key was used for another request" },
  state_moved: { status: 412, title: "The state has changed since it was read" },
  body_too_large: { status: 413, title: "The body is too large" },
  not_settled: { status: 504, title: "The deadline passed before everything settled" },
  config_invalid: { status: 500, title: "The configuration is invalid" },
  plan_invalid: { status: 400, title: "The upgrade plan is invalid" },
  state_unreadable: { status: 500, title: "The state file cannot be read" },
  state_unwritable: { status: 500, title: "The state cannot be made durable" },
  listen_failed: { status: 500, title: "The address cannot be listened on" },
  admin_unreachable: { status: 502, title: "The gateway's admin interface cannot be reached" },
  internal: { status: 500, title: "Something went wrong inside Holdgate" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_TABLE;

/** An error with a code to match on; the message says what was tried, with what, and what to do. */
export class GatewayError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "GatewayError";
    this.code = code;
  }
}
