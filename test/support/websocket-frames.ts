// WebSocket frames (RFC 6455 §5.2) made and read by hand, for tests that care about each byte.

import { randomBytes } from "node:crypto";

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

export interface Frame {
  final: boolean;
  /** The three bits for extensions, as a number. */
  reserved: number;
  opcode: number;
  /** Unmasked. */
  payload: Buffer;
}

export interface FrameOptions {
  final?: boolean;
  reserved?: number;
  /** True for what a client sends. */
  masked?: boolean;
}

export function makeFrame(opcode: number, content: Buffer | string, options: FrameOptions = {}): Buffer {
  const { final = true, reserved = 0, masked = false } = options;
  const payload = Buffer.from(content);
  const first = Buffer.from([(final ? 0x80 : 0) | (reserved << 4) | opcode]);
  const length = lengthField(payload.length, masked);
  if (!masked) return Buffer.concat([first, length, payload]);
  const key = randomBytes(4);
  unmask(payload, key);
  return Buffer.concat([first, length, key, payload]);
}

export function closeFrameOf(code: number, reason = "", masked = false): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return makeFrame(CLOSE, Buffer.concat([payload, Buffer.from(reason)]), { masked });
}

/** The code and the reason that a Close frame carries; 1005 when it carries none. */
export function readClose(frame: Frame): { code: number; reason: string } {
  if (frame.payload.length < 2) return { code: 1005, reason: "" };
  return { code: frame.payload.readUInt16BE(0), reason: frame.payload.toString("utf8", 2) };
}

/**
 * Reads one direction of a WebSocket and forgives nothing: what is not a whole, legal frame in a legal
 * place is a problem, and so is anything behind a Close.
 */
export class FrameReader {
  /** The first thing that was wrong, or null. */
  problem: string | null = null;
  /** What the other end said goodbye with, or null. */
  close: { code: number; reason: string } | null = null;
  frames = 0;
  readonly #masked: boolean;
  readonly #onFrame: (frame: Frame) => void;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  #neededBytes = 2;
  #messageOpen = false;

  constructor(options: { masked: boolean; onFrame: (frame: Frame) => void }) {
    this.#masked = options.masked;
    this.#onFrame = options.onFrame;
  }

  /** Bytes of a frame that has begun and not ended. */
  get unreadBytes(): number {
    return this.#unreadBytes;
  }

  /** The last fragment of a message is still to come. */
  get messageOpen(): boolean {
    return this.#messageOpen;
  }

  push(chunk: Buffer): void {
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    // Not before a frame can be whole: joining a large one again and again would take for ever.
    if (this.#unreadBytes < this.#neededBytes) return;
    let bytes = Buffer.concat(this.#unread);
    for (let size = this.#sizeOf(bytes); size <= bytes.length && size > 0; size = this.#sizeOf(bytes)) {
      this.#take(bytes.subarray(0, size));
      bytes = bytes.subarray(size);
    }
    this.#unread = bytes.length > 0 ? [bytes] : [];
    this.#unreadBytes = bytes.length;
    this.#neededBytes = Math.max(this.#sizeOf(bytes), bytes.length + 1);
  }

  /** Of the frame that begins the bytes; 0 when its header is not whole yet. */
  #sizeOf(bytes: Buffer): number {
    const header = headerBytes(bytes, this.#masked);
    if (bytes.length < header) return 0;
    const short = bytes.readUInt8(1) & 0x7f;
    if (short < 126) return header + short;
    return header + (short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2)));
  }

  #take(bytes: Buffer): void {
    const header = headerBytes(bytes, this.#masked);
    const first = bytes.readUInt8(0);
    const payload = Buffer.from(bytes.subarray(header));
    const isMasked = (bytes.readUInt8(1) & 0x80) !== 0;
    if (isMasked) unmask(payload, bytes.subarray(header - 4, header));
    const frame = { final: first >= 0x80, reserved: (first >> 4) & 7, opcode: first & 0xf, payload };
    this.problem ??= isMasked === this.#masked ? this.#problemOf(frame) : "the masking is wrong";
    this.frames += 1;
    if (frame.opcode === CLOSE) this.close ??= readClose(frame);
    this.#onFrame(frame);
  }

  #problemOf({ opcode, final, payload }: Frame): string | null {
    if (this.close) return `a frame with opcode ${opcode} behind the Close`;
    if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) return `reserved opcode ${opcode}`;
    if (opcode >= CLOSE) return final && payload.length <= 125 ? null : "a control frame that is not one";
    if ((opcode === CONTINUATION) !== this.#messageOpen) return "a fragment that belongs to no message";
    this.#messageOpen = !final;
    return null;
  }
}

function lengthField(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  if (length < 126) return Buffer.from([mask | length]);
  const long = Buffer.alloc(length < 65_536 ? 3 : 9);
  long.writeUInt8(mask | (length < 65_536 ? 126 : 127));
  if (length < 65_536) long.writeUInt16BE(length, 1);
  else long.writeBigUInt64BE(BigInt(length), 1);
  return long;
}

function headerBytes(bytes: Buffer, masked: boolean): number {
  const short = bytes.length < 2 ? 0 : bytes.readUInt8(1) & 0x7f;
  return 2 + (short < 126 ? 0 : short === 126 ? 2 : 8) + (masked ? 4 : 0);
}

function unmask(payload: Buffer, key: Buffer): void {
  for (let at = 0; at < payload.length; at += 1) {
    payload.writeUInt8(payload.readUInt8(at) ^ key.readUInt8(at % 4), at);
  }
}
