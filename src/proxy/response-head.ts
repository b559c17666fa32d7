// The head of an upstream's answer, parsed as strictly as a request's: an answer that two parsers could
// end at different places would desynchronise the connection (RFC 9112 §6.3, §11.1).

import { addConnectionTokens, type ConnectionTokens, withoutHeaders } from "./connection-tokens.ts";
import { HeaderCursor } from "./header-cursor.ts";
import { parseDigits } from "./parse-number.ts";

/** One per upstream connection, filled anew for each answer. */
export class ResponseHead {
  status = 0;
  /** `HTTP/1.1 200 OK` with its CRLF, whatever version the upstream spoke. */
  statusLine = "";
  /** The lines that go on to the client, each ending in CRLF, without Transfer-Encoding. */
  block = "";
  /** -1 when there is none. */
  contentLength = -1;
  chunked = false;
  /** Whether the upstream lets the connection live on. */
  keepAlive = true;
  /** The patience that the upstream announced (`Keep-Alive: timeout=5`), or Infinity. */
  keepAliveMs = Infinity;
  eventStream = false;
  /** It names its request by an X-Request-Id of its own. */
  requestId = false;
  /** The protocol of a 101, in lower case. */
  upgrade = "";
}

const HEAD_END = Buffer.from("\r\n\r\n");
const MAX_HEAD_BYTES = 65_536;
const MAX_HEADERS = 400;

/** Lengths of the names below: any other name is passed on without being looked at. */
const INTERESTING = new Set([2, 7, 10, 12, 14, 16, 17]);
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const OK_LINE = "HTTP/1.1 200 OK\r\n";
const NO_TOKENS: ConnectionTokens = { close: false, keepAlive: false, upgrade: false, named: [] };

const cursor = new HeaderCursor();
let tokens: ConnectionTokens;

/**
 * Fills `head` from what begins at `at`. Returns the index just behind it, -1 when it has not come whole yet, or what the
 * upstream did, for people.
 */
export function readResponseHead(bytes: Buffer, at: number, head: ResponseHead): number | string {
  const end = bytes.indexOf(HEAD_END, at);
  if (end < 0 || end + 4 - at > MAX_HEAD_BYTES) {
    return bytes.length - at > MAX_HEAD_BYTES ? "sent a head that is too long" : -1;
  }
  const problem = parseResponseHead(bytes.toString("latin1", at, end + 4), head);
  return problem === null ? end + 4 : `sent an answer that is no HTTP: ${problem}`;
}

/** The text's final empty line is included. Returns what is wrong, or null. */
function parseResponseHead(text: string, head: ResponseHead): string | null {
  const oneDotOne = text.charCodeAt(7) === 49;
  const lineEnd = parseStatusLine(text, head, oneDotOne);
  if (lineEnd < 0) return "its status line is malformed";
  head.contentLength = -1;
  head.chunked = false;
  head.keepAliveMs = Infinity;
  head.eventStream = false;
  head.requestId = false;
  head.upgrade = "";
  tokens = NO_TOKENS;
  const problem = collect(text, lineEnd + 2, head) ?? contradiction(head, oneDotOne);
  head.keepAlive = oneDotOne ? !tokens.close : tokens.keepAlive && !tokens.close;
  if (tokens.named.length > 0) head.block = withoutHeaders(head.block, tokens.named);
  if (head.status === 204 && tellsOfBody(head)) distrust(head);
  return problem;
}

/** Returns the index of the line's CRLF, or -1. */
function parseStatusLine(text: string, head: ResponseHead, oneDotOne: boolean): number {
  // Nearly all there is; the regular expression costs its match object.
  if (text.startsWith(OK_LINE)) {
    head.status = 200;
    head.statusLine = OK_LINE;
    return OK_LINE.length - 2;
  }
  const lineEnd = text.indexOf("\r\n");
  const line = text.slice(0, lineEnd);
  const match = STATUS_LINE.exec(line);
  if (!match) return -1;
  head.status = Number(match[1]);
  head.statusLine = oneDotOne ? text.slice(0, lineEnd + 2) : `HTTP/1.1 ${line.slice(9)}\r\n`;
  return lineEnd;
}

function collect(text: string, from: number, head: ResponseHead): string | null {
  let kept = "";
  let runStart = from;
  let count = 0;
  cursor.begin(text, from);
  while (cursor.next()) {
    if (++count > MAX_HEADERS) return `it has more than ${MAX_HEADERS} headers`;
    if (!INTERESTING.has(cursor.nameEnd - cursor.lineStart)) continue;
    const fate = meaning(cursor.name(), head);
    if (fate === "keep") continue;
    if (fate !== "remove") return fate;
    kept += text.slice(runStart, cursor.lineStart);
    runStart = cursor.lineEnd;
  }
  head.block = kept + text.slice(runStart, cursor.lineStart);
  return cursor.error;
}

/** `keep`, `remove`, or what is wrong with the header. */
function meaning(name: string, head: ResponseHead): string {
  switch (name) {
    case "content-length":
      if (head.contentLength >= 0) return "Content-Length stands twice";
      head.contentLength = parseDigits(cursor.value());
      return head.contentLength < 0 ? "its Content-Length is not a number" : "keep";
    case "transfer-encoding":
      if (head.chunked || cursor.value().toLowerCase() !== "chunked") {
        return "its Transfer-Encoding is anything but a single chunked";
      }
      head.chunked = true;
      return "remove";
    case "connection":
      if (tokens === NO_TOKENS) tokens = { close: false, keepAlive: false, upgrade: false, named: [] };
      return addConnectionTokens(tokens, cursor.value())
        ? "remove"
        : "its Connection header names a header that frames the message";
    case "keep-alive":
      head.keepAliveMs = announcedPatience(cursor.value());
      return "remove";
    case "upgrade":
      head.upgrade = cursor.value().toLowerCase();
      return "remove";
    case "te":
    case "proxy-connection":
      return "remove";
    case "x-request-id":
      head.requestId = true;
      return "keep";
    case "content-type":
      head.eventStream = cursor.value().toLowerCase().startsWith("text/event-stream");
      return "keep";
    default:
      return "keep";
  }
}

function announcedPatience(value: string): number {
  const seconds = /(?:^|[\s,;])timeout=(\d{1,6})\b/i.exec(value)?.[1];
  return seconds === undefined ? Infinity : Number(seconds) * 1000;
}

function contradiction(head: ResponseHead, oneDotOne: boolean): string | null {
  if (head.chunked && head.contentLength >= 0) return "Content-Length stands beside Transfer-Encoding";
  if (head.chunked && !oneDotOne) return "HTTP/1.0 has no Transfer-Encoding";
  const interim = head.status < 200 && head.status !== 101;
  if (interim && tellsOfBody(head)) return "it is interim and tells of a body";
  if (interim && tokens.close) return "it is interim and ends the connection";
  return null;
}

function tellsOfBody(head: ResponseHead): boolean {
  return head.chunked || head.contentLength > 0;
}

// RFC 9110 §8.6 and RFC 9112 §6.1 forbid it to a 204. Whoever tells of a body may send one as well, and it
// would be taken for the next answer; a client that believes the length would wait for it.
function distrust(head: ResponseHead): void {
  head.keepAlive = false;
  head.block = withoutHeaders(head.block, ["content-length"]);
}
