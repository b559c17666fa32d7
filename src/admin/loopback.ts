// Names and addresses of this very machine.

import { isIP, isIPv4 } from "node:net";

/**
 * The host of a Host header or of an address to listen on, in lower case, without port, brackets and the
 * final dot; undefined when it has no such form.
 */
export function hostWithoutPort(header: string): string | undefined {
  if (isIP(header) !== 0) return header.toLowerCase();
  const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s/@?#]+?)\.?)(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** `host` as hostWithoutPort gives it. */
export function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
}
