import type { UpstreamFailure } from "../proxy/exchange-owner.ts";

const TIMEOUTS = new Set([
  "ETIMEDOUT",
  "ESOCKETTIMEDOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** What the error of a proxy (of node:http, or of fetch, which wraps its cause) says of the upstream. */
export function failureKind(error: unknown): UpstreamFailure["kind"] {
  return TIMEOUTS.has(errorCode(error)) ? "timeout" : "lost";
}

/** fetch says no more than "fetch failed"; the reason stands in the cause. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.cause === undefined ? "" : errorCode(error.cause);
}
