// Sees the head of the response that the host gives, right before it is written, and adds headers to it.

import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";

type Headers = OutgoingHttpHeaders | OutgoingHttpHeader[];

/** `onHead` is called once; the pairs that it returns are added. */
export function observeHead(
  res: ServerResponse,
  onHead: (status: number, isEventStream: boolean) => [string, string][],
): void {
  const original = res.writeHead.bind(res);
  // Whoever sets no head by himself comes this way, too: Node calls it with the first byte.
  res.writeHead = (status: number, reasonOrHeaders?: string | Headers, headers?: Headers) => {
    res.writeHead = original;
    const reason = typeof reasonOrHeaders === "string" ? reasonOrHeaders : undefined;
    // Set one by one: given with the status, they would replace those of the same name that are added here.
    setAll(res, typeof reasonOrHeaders === "string" ? headers : reasonOrHeaders);
    const type = String(res.getHeader("content-type") ?? "");
    const added = onHead(status, type.toLowerCase().startsWith("text/event-stream"));
    for (const [name, value] of added) res.appendHeader(name, value);
    return reason === undefined ? original(status) : original(status, reason);
  };
}

function setAll(res: ServerResponse, headers: Headers | undefined): void {
  if (headers === undefined) return;
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
    return;
  }
  const pairs = inPairs(headers);
  for (const [name] of pairs) res.removeHeader(name);
  for (const [name, value] of pairs) res.appendHeader(name, value);
}

/** Node takes both `[name, value, name, value]` and `[[name, value], …]`; a value may be a list in both. */
function inPairs(headers: readonly OutgoingHttpHeader[]): [string, string | string[]][] {
  const flat: readonly unknown[] = headers.every((each) => Array.isArray(each)) ? headers.flat(1) : headers;
  const pairs: [string, string | string[]][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const value = flat[at + 1];
    pairs.push([String(flat[at]), Array.isArray(value) ? value.map(String) : String(value)]);
  }
  return pairs;
}
