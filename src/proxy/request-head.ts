// The head of a request: its request line here, its header block in request-headers.ts.

import { isRefusal, type Refusal, refusal } from "./refusal.ts";
import {
  findHeader,
  type HeaderContext,
  isHostMalformed,
  parseRequestHeaders,
  type RequestHeaders,
} from "./request-headers.ts";
import { isTokenByte } from "./token-bytes.ts";

export class RequestHead {
  readonly method: string;
  /** In origin form, or `*`. */
  readonly target: string;
  readonly headers: RequestHeaders;

  constructor(method: string, target: string, headers: RequestHeaders) {
    this.method = method;
    this.target = target;
    this.headers = headers;
  }

  /** The target without its query. */
  get path(): string {
    const query = this.target.indexOf("?");
    return query < 0 ? this.target : this.target.slice(0, query);
  }

  /** A handshake that opens a WebSocket tunnel (RFC 6455 §4.1). */
  get webSocket(): boolean {
    return this.headers.webSocket && this.method === "GET";
  }

  /** Doing it twice has the same effect as doing it once (RFC 9110 §9.2.2). */
  get idempotent(): boolean {
    return IDEMPOTENT.has(this.method);
  }

  /** The first value of a header, by its name in lower case. */
  header(name: string): string | undefined {
    return findHeader(this.headers, name);
  }
}

const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"]);
const SPACE = 32;
const HASH = 35;
const SLASH = 47;
const DELETE = 127;

interface Target {
  target: string;
  /** That of an absolute-form target. */
  authority: string | null;
}

/**
 * Parses a whole head, its final empty line included.
 * `memo` is the last header block of the same connection: when the bytes are equal, so is the meaning.
 */
export function parseRequestHead(
  head: string,
  maxRequestLine: number,
  context: HeaderContext,
  memo: RequestHeaders | null,
): RequestHead | Refusal {
  const lineEnd = head.indexOf("\r\n");
  if (lineEnd > maxRequestLine) {
    return refusal(414, "request_line_too_long", `the request line is longer than ${maxRequestLine} bytes`);
  }
  const methodEnd = endOfMethod(head);
  if (methodEnd === 0) return refusal(400, "bad_request_line", "the method is malformed");
  const version = versionOf(head, lineEnd);
  if (typeof version !== "string") return version;
  const method = head.slice(0, methodEnd);
  const target = parseTarget(method, head.slice(methodEnd + 1, lineEnd - " HTTP/1.1".length));
  if ("detail" in target) return target;
  const headersAt = lineEnd + 2;
  const headers =
    memo !== null && memo.authority === target.authority && isSameBlock(memo, version, head, headersAt)
      ? memo
      : parseRequestHeaders(head, headersAt, version, target.authority, context);
  if (isRefusal(headers)) return headers;
  const parsed = new RequestHead(method, target.target, headers);
  return parsed.webSocket && (headers.chunked || headers.contentLength > 0)
    ? refusal(400, "bad_framing", "a WebSocket handshake has a body")
    : parsed;
}

function isSameBlock(memo: RequestHeaders, version: string, head: string, from: number): boolean {
  return memo.raw.length === head.length - from && memo.version === version && memo.raw === head.slice(from);
}

/** 0 when the line does not begin with a token and a single space. */
function endOfMethod(head: string): number {
  let at = 0;
  while (isTokenByte(head.charCodeAt(at))) at++;
  return head.charCodeAt(at) === SPACE ? at : 0;
}

function versionOf(head: string, lineEnd: number): "1.0" | "1.1" | Refusal {
  const from = lineEnd - " HTTP/1.1".length;
  const text = head.slice(from, lineEnd);
  if (text === " HTTP/1.1") return "1.1";
  if (text === " HTTP/1.0") return "1.0";
  return /^ HTTP\/\d\.\d$/.test(text)
    ? refusal(505, "unsupported_version", `this gateway speaks HTTP/1.1 and 1.0, not ${text.slice(1)}`)
    : refusal(400, "bad_request_line", "the request line is malformed");
}

function parseTarget(method: string, target: string): Target | Refusal {
  if (method === "CONNECT") return refusal(501, "connect", "this gateway is no forward proxy: no CONNECT");
  if (hasForbiddenChar(target)) return refusal(400, "bad_target", "the request target is malformed");
  if (target.charCodeAt(0) === SLASH) return { target, authority: null };
  if (target === "*") {
    return method === "OPTIONS"
      ? { target, authority: null }
      : refusal(400, "bad_target", "only OPTIONS may ask for *");
  }
  return absoluteForm(method, target);
}

// Space and controls would let the line be read in two ways; a fragment never belongs on the wire
// (RFC 9112 §3.2), nor does a byte above ASCII (RFC 3986 §2), which servers refuse or decode as they like.
function hasForbiddenChar(target: string): boolean {
  for (let at = 0; at < target.length; at++) {
    const code = target.charCodeAt(at);
    if (code <= SPACE || code >= DELETE || code === HASH) return true;
  }
  return target.length === 0;
}

function absoluteForm(method: string, target: string): Target | Refusal {
  const match = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  const authority = match?.[1] ?? "";
  if (isHostMalformed(authority)) return refusal(400, "bad_target", "the request target is malformed");
  const rest = match?.[2] ?? "";
  // RFC 9112 §3.2.4: the last proxy turns an empty path of OPTIONS into the asterisk form.
  if (rest === "" && method === "OPTIONS") return { target: "*", authority };
  return { target: rest.startsWith("/") ? rest : `/${rest}`, authority };
}
