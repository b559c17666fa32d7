// WebSocket frames (RFC 6455 §5) as a client of checks needs them: whole texts out, whole messages in, all bounded.

import { randomBytes } from "node:crypto";

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

export type Received =
  | { kind: "message"; text: string }
  | { kind: "ping"; payload: Buffer }
  /** `code` 1005: none was given. */
  | { kind: "close"; code: number; reason: string };

/** What a client sends is masked (§5.3). */
export function textFrame(text: string): Buffer {
  return maskedFrame(TEXT, Buffer.from(text));
}

export function pongFrame(payload: Buffer): Buffer {
  return maskedFrame(PONG, payload);
}

export function closeFrame(): Buffer {
  const code = Buffer.alloc(2);
  code.writeUInt16BE(1000);
  return maskedFrame(CLOSE, code);
}

function maskedFrame(opcode: number, content: Buffer): Buffer {
  const key = randomBytes(4);
  const payload = content.map((byte, index) => byte ^ (key[index % 4] ?? 0));
  return Buffer.concat([Buffer.from([0x80 | opcode]), lengthField(content.length), key, payload]);
}

function lengthField(length: number): Buffer {
  if (length < 126) return Buffer.from([0x80 | length]);
  const long = Buffer.alloc(length < 65_536 ? 3 : 9);
  long.writeUInt8(0x80 | (length < 65_536 ? 126 : 127));
  if (length < 65_536) long.writeUInt16BE(length, 1);
  else long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}

/** Reads what a server sends. Throws on what is no WebSocket, and on more than `limitBytes` altogether. */
export class FrameReader {
  readonly #limitBytes: number;
  #seenBytes = 0;
  #unread = Buffer.alloc(0);
  /** Fragments of the message that has begun. */
  #parts: Buffer[] = [];

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  *read(chunk: Buffer): Generator<Received> {
    this.#seenBytes += chunk.length;
    if (this.#seenBytes > this.#limitBytes) throw new Error(`sent more than ${this.#limitBytes} bytes`);
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (let frame = this.#next(); frame; frame = this.#next()) {
      const received = this.#take(frame);
      if (received) yield received;
    }
  }

  #next(): { first: number; payload: Buffer } | undefined {
    const bytes = this.#unread;
    if (bytes.length < 2) return undefined;
    const short = bytes.readUInt8(1);
    if (short >= 0x80) throw new Error("sent a masked frame, which a server must not");
    const header = 2 + (short < 126 ? 0 : short === 126 ? 2 : 8);
    if (bytes.length < header) return undefined;
    const end = header + payloadBytes(bytes, short);
    if (bytes.length < end) return undefined;
    this.#unread = bytes.subarray(end);
    return { first: bytes.readUInt8(0), payload: bytes.subarray(header, end) };
  }

  #take({ first, payload }: { first: number; payload: Buffer }): Received | undefined {
    const opcode = first & 0x0f;
    if ((first & 0x70) !== 0) throw new Error("uses an extension that was not agreed on");
    switch (opcode) {
      case PING:
        return { kind: "ping", payload };
      case PONG:
        return undefined;
      case CLOSE:
        return closeOf(payload);
      case CONTINUATION:
      case TEXT:
      case BINARY:
        return this.#takeFragment(first >= 0x80, payload);
      default:
        throw new Error(`sent a frame with the unknown opcode ${opcode}`);
    }
  }

  #takeFragment(isLast: boolean, payload: Buffer): Received | undefined {
    this.#parts.push(payload);
    if (!isLast) return undefined;
    const text = Buffer.concat(this.#parts).toString("utf8");
    this.#parts = [];
    return { kind: "message", text };
  }
}

function payloadBytes(bytes: Buffer, short: number): number {
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
}

function closeOf(payload: Buffer): Received {
  if (payload.length < 2) return { kind: "close", code: 1005, reason: "" };
  return { kind: "close", code: payload.readUInt16BE(0), reason: payload.toString("utf8", 2) };
}
