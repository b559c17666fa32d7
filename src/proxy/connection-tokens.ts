// The Connection header (RFC 9110 §7.6.1): options for this hop, and names of headers that end here.

export interface ConnectionTokens {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  /** Headers of this hop, in lower case, besides those that always are. */
  named: string[];
}

// Naming one of these would make the next hop lose what frames or routes the message.
const NEVER_NAMED = new Set(["host", "content-length", "transfer-encoding"]);

/** Adds what one Connection header says. False when it names a header that cannot be of one hop. */
export function addConnectionTokens(tokens: ConnectionTokens, value: string): boolean {
  // Nearly all there is; a split per answer would show in the profile.
  if (value === "keep-alive" || value === "close") {
    if (value === "close") tokens.close = true;
    else tokens.keepAlive = true;
    return true;
  }
  for (const part of value.split(",")) {
    const token = part.trim().toLowerCase();
    if (token === "close") tokens.close = true;
    else if (token === "keep-alive") tokens.keepAlive = true;
    else if (token === "upgrade") tokens.upgrade = true;
    else if (NEVER_NAMED.has(token)) return false;
    else if (token !== "") tokens.named.push(token);
  }
  return true;
}

/** Removes the lines whose header is in `names` from a block of header lines that each end in CRLF. */
export function withoutHeaders(block: string, names: string[]): string {
  const kept = block
    .split("\r\n")
    .filter((line) => !names.includes(line.slice(0, line.indexOf(":")).toLowerCase()));
  return kept.join("\r\n");
}
