// What an upstream is to see otherwise than the client sent it, set where the host's proxy reads it: http-proxy reads
// `headers`, Hono `rawHeaders`. Forwarding headers are the host's own business.

import type { IncomingMessage } from "node:http";
import { PRIVATE_COOKIES } from "../proxy/request-headers.ts";
import { headerPairs } from "./header-pairs.ts";

/** `lines`: what the policy adds, each with its line end. */
export function rewriteRequest(req: IncomingMessage, lines: string): void {
  if (req.headers.cookie?.includes(PRIVATE_COOKIES)) hidePrivateCookies(req, req.headers.cookie);
  for (const [name, value] of headerPairs(lines)) {
    req.headers[name.toLowerCase()] = value;
    req.rawHeaders.push(name, value);
  }
}

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
  if (left === "") return;
  req.headers.cookie = left;
  req.rawHeaders.push("Cookie", left);
}
