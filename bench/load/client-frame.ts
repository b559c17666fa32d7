import { randomBytes } from "node:crypto";

const BINARY = 0x82;
const MASKED = 0x80;
/** Says that two bytes of length follow. */
const LONG = 126;

/** A binary WebSocket frame as a client sends it, masked; for payloads below 64 KiB. */
export function clientFrame(payload: Buffer): Buffer {
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
  return Buffer.concat([head(payload.length, MASKED), mask, masked]);
}

/** The same frame as a server sends it. */
export function serverFrame(payload: Buffer): Buffer {
  return Buffer.concat([head(payload.length, 0), payload]);
}

function head(length: number, masked: number): Buffer {
  if (length < LONG) return Buffer.from([BINARY, masked | length]);
  if (length > 0xffff) throw new Error(`this frame cannot carry ${length} bytes`);
  return Buffer.from([BINARY, masked | LONG, length >> 8, length & 0xff]);
}
