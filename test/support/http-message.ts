// Reads HTTP messages from text, for tests: plainly, and independently of the engine's own parsers.

export interface HttpMessage {
  startLine: string;
  /** Start line, header lines and the empty line, as they came. */
  head: string;
  /** The body as it was framed. */
  body: string;
  /** The body without its framing. */
  data: string;
  /** Index just behind the message. */
  end: number;
}

export type AnswerContext = {
  /** Of the request: an answer to HEAD has no body. */
  method: string;
  /** The connection has ended, which ends an answer without any other end. */
  ended: boolean;
};

/** The request that begins at `from`, or null while it is not whole. */
export function readRequest(text: string, from = 0): HttpMessage | null {
  const head = readHead(text, from);
  if (head === null) return null;
  const bodyAt = from + head.length;
  if (isChunked(head)) return message(head, readChunks(text, bodyAt));
  return message(head, readCounted(text, bodyAt, Number(headerOf(head, "content-length") ?? 0)));
}

/** The answer that begins at `from`, or null while it is not whole. */
export function readAnswer(text: string, context: AnswerContext, from = 0): HttpMessage | null {
  const head = readHead(text, from);
  if (head === null) return null;
  const bodyAt = from + head.length;
  const status = statusOf(head);
  const bodiless = status < 200 || status === 204 || status === 304 || context.method === "HEAD";
  if (bodiless) return message(head, readCounted(text, bodyAt, 0));
  if (isChunked(head)) return message(head, readChunks(text, bodyAt));
  const length = headerOf(head, "content-length");
  if (length !== undefined) return message(head, readCounted(text, bodyAt, Number(length)));
  return context.ended ? message(head, readCounted(text, bodyAt, text.length - bodyAt)) : null;
}

export function statusOf(head: string): number {
  return Number(head.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
}

/** The first value of a header, by its name in lower case. */
export function headerOf(head: string, name: string): string | undefined {
  return headersOf(head).find(([each]) => each === name)?.[1];
}

/** Names in lower case. */
export function headersOf(head: string): [name: string, value: string][] {
  return head
    .split("\r\n")
    .slice(1, -2)
    .map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    });
}

interface Body {
  body: string;
  data: string;
  end: number;
}

function message(head: string, body: Body | null): HttpMessage | null {
  return body && { startLine: head.slice(0, head.indexOf("\r\n")), head, ...body };
}

function readHead(text: string, from: number): string | null {
  const end = text.indexOf("\r\n\r\n", from);
  return end < 0 ? null : text.slice(from, end + 4);
}

function isChunked(head: string): boolean {
  return headerOf(head, "transfer-encoding") === "chunked";
}

function readCounted(text: string, from: number, length: number): Body | null {
  const end = from + length;
  if (text.length < end) return null;
  return { body: text.slice(from, end), data: text.slice(from, end), end };
}

function readChunks(text: string, from: number): Body | null {
  let data = "";
  for (let at = from; ;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) {
      const end = endOfTrailers(text, at);
      return end < 0 ? null : { body: text.slice(from, end), data, end };
    }
    data += text.slice(at, at + size);
    at += size + 2;
    if (at > text.length) return null;
  }
}

function endOfTrailers(text: string, from: number): number {
  if (text.startsWith("\r\n", from)) return from + 2;
  const end = text.indexOf("\r\n\r\n", from);
  return end < 0 ? -1 : end + 4;
}
