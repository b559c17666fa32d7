// The headers that a response has when the host gets its request: what comes to them later tells of an answer that the
// gateway's own may have to replace.

import type { OutgoingHttpHeader, ServerResponse } from "node:http";

export type KeptHeaders = ReadonlyMap<string, OutgoingHttpHeader>;

export function keepHeaders(res: ServerResponse): KeptHeaders {
  const kept = new Map<string, OutgoingHttpHeader>();
  for (const [name, value] of Object.entries(res.getHeaders())) {
    // A list grows where it stands when somebody appends to it.
    if (value !== undefined) kept.set(name, Array.isArray(value) ? [...value] : value);
  }
  return kept;
}

export function restoreHeaders(res: ServerResponse, kept: KeptHeaders): void {
  for (const name of res.getHeaderNames()) if (!kept.has(name)) res.removeHeader(name);
  for (const [name, value] of kept) res.setHeader(name, value);
  // The proxy's, too; and a removed Date would not be written any more.
  res.statusMessage = "";
  res.sendDate = true;
}
