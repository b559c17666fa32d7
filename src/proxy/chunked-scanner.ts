// Checks the framing of a chunked body (RFC 9112 §7.1) while the bytes pass unchanged. Strict: whatever
// two parsers could read differently is refused, because that is how requests are smuggled.
//
//   SIZE_START ─hex─▶ SIZE ─";"─▶ EXTENSION ─┐
//       ▲               └──────CR────────────┴▶ SIZE_LF ─size>0─▶ DATA ─▶ DATA_CR ─▶ DATA_LF ─┐
//       │                                          └──size=0──▶ TRAILERS ─▶ done              │
//       └─────────────────────────────────────────────────────────────────────────────────────┘
//
// Hot path: no allocation per chunk, and chunk data is skipped by arithmetic, so the cost is per chunk
// and not per byte.

import { EXTENSION_END, EXTENSION_REFUSED, EXTENSION_START, extensionStep } from "./chunk-extension.ts";
import { TrailerScanner } from "./trailer-scanner.ts";

export type OnChunkData = (buffer: Buffer, from: number, to: number) => void;

// 13 hex digits are at most 2^52 - 1: exact as a number, so no size can wrap.
const MAX_SIZE_DIGITS = 13;
const MAX_EXTENSION_BYTES_PER_CHUNK = 256;
// Extensions carry nothing we pass on a meaning of; many chunks of one byte with long extensions would
// burn the upstream's time (CVE-2023-39326 was this in Go).
const MAX_EXTENSION_BYTES_PER_BODY = 16 * 1024;

const SIZE_START = 0;
const SIZE = 1;
const EXTENSION = 2;
const SIZE_LF = 3;
const DATA = 4;
const DATA_CR = 5;
const DATA_LF = 6;
const TRAILERS = 7;

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;

export class ChunkedScanner {
  /** The last chunk and the trailers have ended. */
  done = false;
  /** Why the framing is refused; sticky. */
  error: string | null = null;

  #state = SIZE_START;
  #digits = 0;
  /** The chunk's size while its line is read, then what is left of its data. */
  #remaining = 0;
  #extensionState = EXTENSION_START;
  #chunkExtensionBytes = 0;
  #bodyExtensionBytes = 0;
  #trailers: TrailerScanner | null = null;

  /** True where the body could be ended by `0\r\n\r\n`: behind a whole chunk, or before the first. */
  get atChunkBoundary(): boolean {
    return this.#state === SIZE_START && this.error === null;
  }

  /**
   * Scans buffer[from, to) and shows `onData` each run of chunk data in it. Returns the index just behind
   * the body's end when done, else `to`. With `error` set the returned index means nothing.
   */
  scan(buffer: Buffer, from: number, to: number, onData?: OnChunkData): number {
    let at = from;
    while (at < to && !this.done && this.error === null) {
      if (this.#state === DATA) {
        const end = Math.min(to, at + this.#remaining);
        onData?.(buffer, at, end);
        this.#remaining -= end - at;
        if (this.#remaining === 0) this.#state = DATA_CR;
        at = end;
      } else {
        this.#step(buffer[at] ?? 0); // never undefined: at < to
        at += 1;
      }
    }
    return at;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE_START:
      case SIZE:
        return this.#sizeByte(byte);
      case EXTENSION:
        return this.#extensionByte(byte);
      case SIZE_LF:
        if (byte !== LF) return this.#refuse("bare CR behind a chunk size");
        this.#state = this.#remaining === 0 ? TRAILERS : DATA;
        return;
      case DATA_CR:
        this.#state = DATA_LF;
        if (byte !== CR) this.#refuse("chunk data not followed by CRLF");
        return;
      case DATA_LF:
        this.#state = SIZE_START;
        if (byte !== LF) this.#refuse("chunk data not followed by CRLF");
        return;
      case TRAILERS:
        return this.#trailerByte(byte);
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) return this.#sizeDigit(digit);
    if (this.#state === SIZE_START) return this.#refuse("chunk size without digits");
    this.#digits = 0;
    if (byte === CR) {
      this.#state = SIZE_LF;
    } else if (byte === SEMICOLON) {
      this.#state = EXTENSION;
      this.#extensionState = EXTENSION_START;
      this.#chunkExtensionBytes = 0;
      this.#countExtensionByte();
    } else {
      this.#refuse("malformed chunk size");
    }
  }

  #sizeDigit(digit: number): void {
    this.#state = SIZE;
    this.#digits += 1;
    this.#remaining = this.#remaining * 16 + digit;
    if (this.#digits > MAX_SIZE_DIGITS) this.#refuse("chunk size over 13 digits");
  }

  #extensionByte(byte: number): void {
    this.#extensionState = extensionStep(this.#extensionState, byte);
    if (this.#extensionState === EXTENSION_REFUSED) return this.#refuse("malformed chunk extension");
    if (this.#extensionState === EXTENSION_END) this.#state = SIZE_LF;
    else this.#countExtensionByte();
  }

  #countExtensionByte(): void {
    this.#chunkExtensionBytes += 1;
    this.#bodyExtensionBytes += 1;
    if (this.#chunkExtensionBytes > MAX_EXTENSION_BYTES_PER_CHUNK) {
      this.#refuse("chunk extensions over 256 bytes");
    } else if (this.#bodyExtensionBytes > MAX_EXTENSION_BYTES_PER_BODY) {
      this.#refuse("chunk extensions over 16 KiB in all");
    }
  }

  #trailerByte(byte: number): void {
    this.#trailers ??= new TrailerScanner();
    this.#trailers.step(byte);
    this.done = this.#trailers.done;
    if (this.#trailers.error !== null) this.#refuse(this.#trailers.error);
  }

  #refuse(reason: string): void {
    this.error = reason;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
