// What an upstream is to see otherwise than the client sent it, set where the host's proxy reads it: http-proxy reads
// `headers`, Hono `rawHeaders`. Forwarding headers are the host's own business.

import type { IncomingMessage } from "node:http";
import { PRIVATE_COOKIES, type RequestHeaders } from "../proxy/request-headers.ts";
import { headerPairs } from "../proxy/header-pairs.ts";

/** `lines`: what the policy adds, each with its line end. */
export function rewriteRequest(req: IncomingMessage, found: RequestHeaders, lines: string): void {
  if (req.headers.cookie?.includes(PRIVATE_COOKIES)) hidePrivateCookies(req, req.headers.cookie);
  if (req.headers.upgrade !== undefined) for (const name of OF_AN_UPGRADE) hideHeader(req, name);
  believe(req, "X-Request-Id", found.requestId);
  believe(req, "traceparent", found.traceparent);
  // It belongs to the traceparent, and says nothing without it.
  if (found.traceparent === "") hideHeader(req, "tracestate");
  const pairs = headerPairs(lines);
  for (const [name] of pairs) hideHeader(req, name.toLowerCase());
  for (const [name, value] of pairs) addHeader(req, name, value);
}

/** `value`: what was found well-formed; empty: nothing. */
function believe(req: IncomingMessage, name: string, value: string): void {
  const lowerCase = name.toLowerCase();
  const sent = req.headers[lowerCase];
  if (sent === undefined || sent === value) return;
  hideHeader(req, lowerCase);
  if (value !== "") addHeader(req, name, value);
}

function addHeader(req: IncomingMessage, name: string, value: string): void {
  req.headers[name.toLowerCase()] = value;
  req.rawHeaders.push(name, value);
}

// The host serves it as an ordinary request: an upstream that were asked, too, would switch on a connection where nobody
// expects it.
const OF_AN_UPGRADE = ["upgrade", "http2-settings", "connection"];

/** `name` in lower case. */
export function hideHeader(req: IncomingMessage, name: string): void {
  delete req.headers[name];
  const { rawHeaders } = req;
  for (let at = rawHeaders.length - 2; at >= 0; at -= 2) {
    if (rawHeaders[at]?.toLowerCase() === name) rawHeaders.splice(at, 2);
  }
}

// A secret between the client and the gateway: an app that writes its requests to a log would give it away.
function hidePrivateCookies(req: IncomingMessage, cookie: string): void {
  const others = cookie.split(";").filter((each) => !each.trimStart().startsWith(PRIVATE_COOKIES));
  const left = others.join(";").trim();
  hideHeader(req, "cookie");
  if (left !== "") addHeader(req, "Cookie", left);
}
