import { randomBytes } from "node:crypto";

/** A binary WebSocket frame as a client sends it, masked; for payloads below 126 bytes. */
export function clientFrame(payload: Buffer): Buffer {
  if (payload.length > 125) throw new Error(`a short frame cannot carry ${payload.length} bytes`);
  const mask = randomBytes(4);
  const masked = payload.map((byte, index) => byte ^ (mask[index & 3] ?? 0));
  return Buffer.concat([Buffer.from([0x82, 0x80 | payload.length]), mask, masked]);
}

/** The same frame as a server sends it. */
export function serverFrame(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x82, payload.length]), payload]);
}
