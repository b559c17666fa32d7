// What can be refused before a head is complete. It looks at the bytes in their order, so the verdict
// does not depend on how the network split them.

import type { HeadLimits } from "./engine-options.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { isTokenByte } from "./token-bytes.ts";

const CR = 13;
const LF = 10;

/**
 * The first offence in bytes[from…], which may be an unfinished head; null when there is none so far.
 * In the first `seen` bytes there is none.
 */
export function firstOffence(bytes: Buffer, from: number, limits: HeadLimits, seen = 0): Refusal | null {
  const first = bytes[from] ?? CR;
  if (first !== CR && !isTokenByte(first)) return NO_METHOD;
  let inRequestLine = seen === 0 || bytes.lastIndexOf(LF, from + seen - 1) < from;
  const most = Math.min(bytes.length, from + limits.headBytes);
  for (let at = from + seen; at < most; at++) {
    const byte = bytes[at];
    if (byte === LF) {
      if (bytes[at - 1] !== CR || at === from) return BARE_LF;
      inRequestLine = false;
    } else if (at > from && bytes[at - 1] === CR) return BARE_CR;
    if (inRequestLine && at - from > limits.requestLineBytes) return tooLong(limits.requestLineBytes);
  }
  return bytes.length > most ? headTooLong(limits.headBytes) : null;
}

const NO_METHOD = refusal(400, "bad_request_line", "this is not HTTP: the method is malformed");
const BARE_LF = refusal(400, "bare_lf", "a bare line feed stands in the head");
const BARE_CR = refusal(400, "bare_cr", "a bare carriage return stands in the head");

function tooLong(limit: number): Refusal {
  return refusal(414, "request_line_too_long", `the request line is longer than ${limit} bytes`);
}

function headTooLong(limit: number): Refusal {
  return refusal(431, "head_too_long", `the request's head is longer than ${limit} bytes`);
}
