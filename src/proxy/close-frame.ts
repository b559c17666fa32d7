// Makes the Close frame (RFC 6455 §5.5.1) with which the gateway ends a tunnel on behalf of an end.

import { randomBytes } from "node:crypto";

const FINAL_CLOSE = 0x88;
const MASKED = 0x80;
// A control frame carries at most 125 bytes, two of which are the code.
const MAX_REASON_BYTES = 123;

/** `mask`: true towards an upstream, where we are the client. A long reason is cut between two characters. */
export function closeFrame(code: number, reason: string, mask: boolean): Buffer {
  const text = truncateUtf8(Buffer.from(reason), MAX_REASON_BYTES);
  const payload = Buffer.allocUnsafe(2 + text.length);
  payload.writeUInt16BE(code, 0);
  text.copy(payload, 2);
  if (!mask) return Buffer.concat([Buffer.from([FINAL_CLOSE, payload.length]), payload]);

  const key = randomBytes(4);
  for (let at = 0; at < payload.length; at += 1) {
    payload.writeUInt8(payload.readUInt8(at) ^ key.readUInt8(at % 4), at);
  }
  return Buffer.concat([Buffer.from([FINAL_CLOSE, MASKED | payload.length]), key, payload]);
}

function truncateUtf8(text: Buffer, maxBytes: number): Buffer {
  if (text.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && isContinuationByte(text.readUInt8(end))) end -= 1;
  return text.subarray(0, end);
}

function isContinuationByte(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
