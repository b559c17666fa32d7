// Which requests may share an answer with others, and which of them share one. Whoever makes the app answer with
// something else than the key says could have it kept, and given to everybody.

import type { RequestHead } from "../../proxy/request-head.ts";
import type { RequestHeaders } from "../../proxy/request-headers.ts";

// What servers decode, merge or cut off, each in its own way: `/assets/..%2faccount` is `/account` to many of them.
const AMBIGUOUS = /\/\.{1,2}(?:\/|$)|\/\/|%2f|%5c|[\\;?#\p{Cc}]/iu;
// Frameworks route by these instead of the request line; CGI-style ones read `_` for `-`.
const OVERRIDE = /^x[-_](?:(?:original|rewrite)[-_]url|(?:http[-_])?method(?:[-_]override)?):/imu;
const COOKIE = /^cookie:/imu;
const HOST = /^host:[\t ]*(.*)$/imu;
const FORWARDED_HOST = /^x-forwarded-host:[\t ]*(.*)$/imu;
const FORWARDED = /^forwarded:.*$/gimu;
const FORWARDED_ELEMENT_HOST = /\bhost="?([^";,]*)/giu;
// Those that a proxy in front sets for all alike, such as the port and the prefix; the rest are told apart otherwise.
const OTHER_FORWARDED = /^x[-_]forwarded[-_](?!for:|host:|proto:).*$/gimu;

/** All servers agree on what is asked for. */
export function isPlainPath(path: string): boolean {
  if (AMBIGUOUS.test(path)) return false;
  if (!path.includes("%")) return true;
  try {
    return !AMBIGUOUS.test(decodeURIComponent(path));
  } catch {
    return false;
  }
}

/** What the answer goes by, but for its encoding; null: it may go by more than that. */
export function sharedKey({ headers, target }: RequestHead): string | null {
  const { forward, secure } = headers;
  if (headers.chunked || headers.contentLength > 0 || OVERRIDE.test(forward)) return null;
  // As it is sent, with its port: apps write it into what they answer.
  const host = lower(HOST.exec(forward)?.[1]);
  if (!namesOnly(host, forward)) return null;
  const others = forward.match(OTHER_FORWARDED) ?? [];
  return [`${secure ? "https" : "http"}://${host}${target}`, ...others].join("\n");
}

/** The upstream sees cookies: what it answers may be for the one who has them. */
export function hasCookies({ forward }: RequestHeaders): boolean {
  return COOKIE.test(forward);
}

/** No proxy that is believed says that another host was asked for. */
function namesOnly(host: string, forward: string): boolean {
  if (lower(FORWARDED_HOST.exec(forward)?.[1]) !== host) return false;
  const elements = (forward.match(FORWARDED) ?? []).join();
  return [...elements.matchAll(FORWARDED_ELEMENT_HOST)].every((match) => lower(match[1]) === host);
}

function lower(text = ""): string {
  return text.trim().toLowerCase();
}
