// The header block of a request: checked, its meaning taken out, and rewritten for the upstream in the
// same pass. The result depends only on the block's bytes and on the connection, so a keep-alive client
// that sends the same block again (browsers do) is served from a memo (see ClientConnection).

import type { BlockList } from "node:net";
import { addConnectionTokens, type ConnectionTokens, withoutHeaders } from "./connection-tokens.ts";
import {
  clientAddress,
  type ForwardedInput,
  forwardedLines,
  forwardedProto,
  type Peer,
} from "./forwarded.ts";
import { HeaderCursor } from "./header-cursor.ts";
import { parseDigits } from "./parse-number.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { isRequestId, isTraceparent } from "./request-names.ts";

/** Immutable; shared by all requests that came with this very block. */
export interface RequestHeaders {
  /** The block as it came: header lines and the empty line. */
  readonly raw: string;
  readonly version: "1.0" | "1.1";
  /** Of the absolute-form target that replaced Host, or null. */
  readonly authority: string | null;
  /** Lower case, without port and final dot; empty when an HTTP/1.0 client sent none. */
  readonly host: string;
  /** -1 when there is none. */
  readonly contentLength: number;
  readonly chunked: boolean;
  /** Whether the client lets the connection live on. */
  readonly keepAlive: boolean;
  /** The block asks to open a WebSocket (the method is still to be looked at). */
  readonly webSocket: boolean;
  readonly expectContinue: boolean;
  /** The trusted client address. */
  readonly client: string;
  /** The client speaks https, with us or with a trusted proxy. */
  readonly secure: boolean;
  /** X-Request-Id and traceparent, when they are well-formed; else empty, and the upstream does not get them. */
  readonly requestId: string;
  readonly traceparent: string;
  /** The lines for the upstream, each ending in CRLF, without the empty line and without Upgrade. */
  readonly forward: string;
}

export interface HeaderContext {
  peer: Peer;
  trustedProxies: BlockList;
  maxHeaders: number;
}

/** Cookies whose names begin so end at the gateway: no upstream sees them. */
export const PRIVATE_COOKIES = "holdgate_";

// A pseudonym, not a host name: RFC 9110 §7.6.3 lets a proxy hide its name.
const VIA_NAME = "holdgate";
const MOST_OWN_VIAS = 4;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::\d{1,5})?$/i;

/** Lengths of the names below: any other name is passed on without being looked at. */
const INTERESTING = new Set([2, 3, 4, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17]);

interface Found {
  host: string | null;
  contentLength: number;
  chunked: boolean;
  upgrade: string;
  expect: string;
  ownVias: number;
  /** A Cookie line in the place of one that had a cookie of ours. */
  cookieLine: string;
  requestId: string;
  traceparent: string;
  tracestate: boolean;
  tokens: ConnectionTokens;
  forwarded: ForwardedInput;
}

const cursor = new HeaderCursor();

/**
 * Parses the block that starts at `from` of `head` and ends with it.
 * `authority` is that of an absolute-form target, which replaces Host (RFC 9112 §3.2.2), or null.
 */
export function parseRequestHeaders(
  head: string,
  from: number,
  version: "1.0" | "1.1",
  authority: string | null,
  context: HeaderContext,
): RequestHeaders | Refusal {
  const found = emptyFindings();
  const kept = collect(head, from, found, context.maxHeaders);
  if (typeof kept !== "string") return kept;
  const problem = contradiction(found, version);
  if (problem) return problem;
  const { tokens, contentLength, chunked } = found;
  const target = authority ?? found.host ?? "";
  return {
    raw: head.slice(from),
    version,
    authority,
    host: routableHost(target),
    contentLength,
    chunked,
    keepAlive: version === "1.1" ? !tokens.close : tokens.keepAlive && !tokens.close,
    webSocket: version === "1.1" && tokens.upgrade && found.upgrade.toLowerCase() === "websocket",
    expectContinue: version === "1.1" && found.expect.toLowerCase() === "100-continue",
    client: clientAddress(context.peer, found.forwarded, context.trustedProxies),
    secure: forwardedProto(context.peer, found.forwarded) === "https",
    requestId: found.requestId,
    traceparent: found.traceparent,
    forward: forwardBlock(kept, found, target, version, authority, context.peer),
  };
}

/** The first value of a header of a parsed block, or undefined. */
export function findHeader(headers: RequestHeaders, name: string): string | undefined {
  cursor.begin(headers.raw, 0);
  while (cursor.next()) {
    if (cursor.nameEnd - cursor.lineStart === name.length && cursor.name() === name) return cursor.value();
  }
  return undefined;
}

export function isHostMalformed(host: string): boolean {
  return !HOST.test(host);
}

function emptyFindings(): Found {
  return {
    host: null,
    contentLength: -1,
    chunked: false,
    upgrade: "",
    expect: "",
    ownVias: 0,
    cookieLine: "",
    requestId: "",
    traceparent: "",
    tracestate: false,
    tokens: { close: false, keepAlive: false, upgrade: false, named: [] },
    forwarded: { for: "", proto: "", host: "", forwarded: "", realIp: "" },
  };
}

/** Walks all lines, fills `found`, and returns the lines that go on as they are. */
function collect(head: string, from: number, found: Found, maxHeaders: number): string | Refusal {
  let kept = "";
  let runStart = from;
  let count = 0;
  cursor.begin(head, from);
  while (cursor.next()) {
    if (++count > maxHeaders) {
      return refusal(431, "too_many_headers", `the request has more than ${maxHeaders} headers`);
    }
    if (!INTERESTING.has(cursor.nameEnd - cursor.lineStart)) continue;
    const fate = meaning(cursor.name(), cursor.value(), found);
    if (fate === "keep") continue;
    if (fate !== "remove") return fate;
    kept += head.slice(runStart, cursor.lineStart);
    runStart = cursor.lineEnd;
  }
  if (cursor.error) return refusal(400, "malformed_header", cursor.error);
  return kept + head.slice(runStart, cursor.lineStart);
}

type Fate = "keep" | "remove" | Refusal;

function meaning(name: string, value: string, found: Found): Fate {
  switch (name) {
    case "host":
      return takeHost(value, found);
    case "content-length":
      return takeContentLength(value, found);
    case "transfer-encoding":
      return takeTransferEncoding(value, found);
    case "connection":
      return addConnectionTokens(found.tokens, value)
        ? "remove"
        : refusal(400, "malformed_connection", "Connection names a header that frames or routes the message");
    case "upgrade":
      found.upgrade = found.upgrade === "" ? value : `${found.upgrade},${value}`;
      return "remove";
    case "expect":
      found.expect = value;
      return "keep";
    case "via":
      found.ownVias += value.split(VIA_NAME).length - 1;
      return "keep";
    case "cookie":
      return takeCookies(value, found);
    case "x-request-id":
      return takeRequestId(value, found);
    case "traceparent":
      return takeTraceparent(value, found);
    case "tracestate":
      found.tracestate = true;
      return "keep";
    case "te":
    case "keep-alive":
    case "proxy-connection":
      return "remove";
    default:
      return forwardingMeaning(name, value, found.forwarded);
  }
}

function forwardingMeaning(name: string, value: string, input: ForwardedInput): Fate {
  switch (name) {
    case "x-forwarded-for":
      input.for = join(input.for, value);
      return "remove";
    case "x-forwarded-proto":
      input.proto = value;
      return "remove";
    case "x-forwarded-host":
      input.host = value;
      return "remove";
    case "forwarded":
      input.forwarded = join(input.forwarded, value);
      return "remove";
    case "x-real-ip":
      input.realIp = value;
      return "remove";
    default:
      return name.includes("_") ? underscored(name) : "keep";
  }
}

// CGI-style apps read X_Forwarded_For as X-Forwarded-For: a client could write what only we may write.
function underscored(name: string): Fate {
  const fate = meaning(name.replaceAll("_", "-"), "", emptyFindings());
  return fate === "keep" ? "keep" : "remove";
}

function join(before: string, value: string): string {
  return before === "" ? value : `${before}, ${value}`;
}

function takeHost(value: string, found: Found): Fate {
  if (found.host !== null) return refusal(400, "bad_host", "the request has two Host headers");
  if (isHostMalformed(value)) return refusal(400, "bad_host", "the Host header is malformed");
  found.host = value;
  return "keep";
}

function takeContentLength(value: string, found: Found): Fate {
  if (found.contentLength >= 0) return refusal(400, "bad_framing", "Content-Length stands twice");
  found.contentLength = parseDigits(value);
  return found.contentLength < 0 ? refusal(400, "bad_framing", "Content-Length is not a number") : "keep";
}

function takeTransferEncoding(value: string, found: Found): Fate {
  if (found.chunked || value.toLowerCase() !== "chunked") {
    return refusal(400, "bad_framing", "Transfer-Encoding is anything but a single chunked");
  }
  found.chunked = true;
  return "remove";
}

// What the client and the gateway have between them, a secret perhaps: an app that writes its requests to a log would
// give it away.
function takeCookies(value: string, found: Found): Fate {
  if (!value.includes(PRIVATE_COOKIES)) return "keep";
  const others = value.split(";").filter((cookie) => !cookie.trimStart().startsWith(PRIVATE_COOKIES));
  if (others.length > 0) found.cookieLine += `Cookie: ${others.join(";").trim()}\r\n`;
  return "remove";
}

// The first one counts; what looks like none goes no further.
function takeRequestId(value: string, found: Found): Fate {
  if (found.requestId !== "" || !isRequestId(value)) return "remove";
  found.requestId = value;
  return "keep";
}

function takeTraceparent(value: string, found: Found): Fate {
  if (found.traceparent !== "" || !isTraceparent(value)) return "remove";
  found.traceparent = value;
  return "keep";
}

function contradiction(found: Found, version: "1.0" | "1.1"): Refusal | null {
  if (found.chunked && found.contentLength >= 0) {
    return refusal(400, "bad_framing", "Content-Length stands beside Transfer-Encoding");
  }
  if (found.chunked && version === "1.0") {
    return refusal(400, "bad_framing", "HTTP/1.0 has no Transfer-Encoding");
  }
  if (found.host === null && version === "1.1") return refusal(400, "bad_host", "the Host header is missing");
  if (found.ownVias > MOST_OWN_VIAS) {
    return refusal(508, "loop", "the request has passed this gateway before: its upstream leads back to it");
  }
  return null;
}

function routableHost(authority: string): string {
  const name = HOST.exec(authority)?.[1]?.toLowerCase() ?? "";
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

function forwardBlock(
  kept: string,
  found: Found,
  host: string,
  version: string,
  authority: string | null,
  peer: Peer,
): string {
  const removed = [...found.tokens.named];
  if (authority !== null) removed.push("host");
  const lines = kept + found.cookieLine;
  // It belongs to the traceparent, and says nothing without it.
  if (found.tracestate && found.traceparent === "") removed.push("tracestate");
  const rest = removed.length === 0 ? lines : withoutHeaders(lines, removed);
  const hostLine = hostToAdd(found, authority);
  const framing = found.chunked ? "Transfer-Encoding: chunked\r\n" : "";
  const via = `Via: ${version} ${VIA_NAME}\r\n`;
  return hostLine + rest + framing + forwardedLines(peer, found.forwarded, host) + via;
}

// An HTTP/1.0 client may leave Host out, but we speak 1.1 to the upstream, where it is required.
function hostToAdd(found: Found, authority: string | null): string {
  if (authority !== null) return `Host: ${authority}\r\n`;
  return found.host === null ? "Host: localhost\r\n" : "";
}
