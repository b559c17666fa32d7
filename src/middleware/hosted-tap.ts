// Reads along in a hosted exchange, for whoever has asked for that (body-tap.ts): the body of the request as the host
// reads it, that of the response as the host writes it.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { BodyTap } from "../proxy/body-tap.ts";
import { readResponseHead, ResponseHead } from "../proxy/response-head.ts";

/** `isWhole`: the request has no body. */
export function tapRequest(req: IncomingMessage, tap: BodyTap, isWhole: boolean): void {
  tap.onSent();
  if (isWhole) return tap.onRequestEnd();
  const emit = req.emit.bind(req);
  // A listener for `data` would make it flow before the host is there; but whatever way it is read, these are emitted.
  req.emit = (event: string, ...args: unknown[]) => {
    if (event === "data") tap.onRequestBody(asBuffer(args[0], undefined));
    else if (event === "end") tap.onRequestEnd();
    return emit(event, ...args);
  };
}

/** Returns what is to be called when the head of the response is known, and not yet written. */
export function tapResponse(res: ServerResponse, tap: BodyTap): (status: number) => void {
  let isSeen = false;
  const write = res.write.bind(res);
  const end = res.end.bind(res);
  const see = ([chunk, encoding]: unknown[]): void => {
    const isPiece = typeof chunk === "string" || chunk instanceof Uint8Array;
    if (isSeen && isPiece) tap.onAnswerBody(asBuffer(chunk, encoding));
  };
  // Behind the call: the first one writes the head.
  res.write = (...args: unknown[]) => {
    const isTaken: boolean = Reflect.apply(write, res, args);
    see(args);
    return isTaken;
  };
  res.end = (...args: unknown[]) => {
    Reflect.apply(end, res, args);
    see(args);
    if (isSeen) tap.onAnswerEnd();
    return res;
  };
  return (status) => {
    const head = new ResponseHead();
    if (typeof readResponseHead(Buffer.from(headText(res, status), "latin1"), 0, head) === "string") return;
    isSeen = true;
    tap.onAnswer(head);
  };
}

function headText(res: ServerResponse, status: number): string {
  let text = `HTTP/1.1 ${status} OK\r\n`;
  for (const [name, value] of Object.entries(res.getHeaders())) {
    for (const each of Array.isArray(value) ? value : [value]) text += `${name}: ${each}\r\n`;
  }
  return `${text}\r\n`;
}

function asBuffer(chunk: unknown, encoding: unknown): Buffer {
  if (typeof chunk === "string") {
    return Buffer.from(
      chunk,
      typeof encoding === "string" && Buffer.isEncoding(encoding) ? encoding : "utf8",
    );
  }
  if (!(chunk instanceof Uint8Array)) return Buffer.alloc(0);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
