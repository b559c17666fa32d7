// An answer that the gateway gives by itself, without an upstream.

import { STATUS_CODES } from "./status-codes.ts";
import type { RequestHead } from "./request-head.ts";

export interface LocalAnswer {
  status: number;
  /** Written as they stand. The engine adds Content-Length, Date and Connection. */
  headers: Record<string, string>;
  body: string | Buffer;
}

/** The whole answer as bytes; `lines` are headers of this one exchange, each with its line end. */
export function formatLocalAnswer(
  answer: LocalAnswer,
  request: RequestHead | null,
  keepAlive: boolean,
  lines: string,
): Buffer {
  const body = typeof answer.body === "string" ? Buffer.from(answer.body) : answer.body;
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? "Unknown"}\r\n`;
  for (const [name, value] of Object.entries(answer.headers)) head += `${name}: ${value}\r\n`;
  head += `Date: ${new Date().toUTCString()}\r\nContent-Length: ${body.length}\r\n`;
  head += lines + connectionLine(request, keepAlive) + "\r\n";
  const withoutBody = request?.method === "HEAD" || answer.status === 204 || answer.status === 304;
  return withoutBody ? Buffer.from(head, "latin1") : Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/**
 * What the gateway adds to an answer, whoever gives it: how long the request was held, what its owner says, and its id
 * unless the upstream has said one.
 */
export function ownLines(exchange: AnsweredExchange, hasRequestId: boolean): string {
  const { heldMs, answerLines } = exchange;
  const lines = hasRequestId ? answerLines : exchange.requestIdLine + answerLines;
  return heldMs < 0 ? lines : `Holdgate-Held: ${Math.round(heldMs)}\r\n${lines}`;
}

interface AnsweredExchange {
  heldMs: number;
  answerLines: string;
  requestIdLine: string;
}

/** HTTP/1.1 lives on unless told otherwise, HTTP/1.0 the other way round (RFC 9112 §9.3). */
export function connectionLine(request: RequestHead | null, keepAlive: boolean): string {
  if (!keepAlive) return "Connection: close\r\n";
  return request?.headers.version === "1.0" ? "Connection: keep-alive\r\n" : "";
}
