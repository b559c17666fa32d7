import { GatewayError } from "../lib/gateway-error.ts";

/** The state version of an If-Match header, quoted as in ETag or bare; undefined when any will do. */
export function parseIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === "*") return undefined;
  const digits = /^\s*(?:"(\d{1,15})"|(\d{1,15}))\s*$/.exec(header);
  if (digits) return Number(digits[1] ?? digits[2]);
  throw new GatewayError("bad_request", `If-Match: expected a state version such as "12"; found ${header}`);
}
