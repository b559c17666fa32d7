// Follows the WebSocket frames (RFC 6455 §5.2) in one direction of a tunnel while the bytes pass
// unchanged, so that the gateway knows where a frame and where a message ends and never writes into the
// middle of one. Reads headers only: nothing is unmasked or copied.
//
//   OPCODE ─▶ LENGTH ─126, 127─▶ LONG_LENGTH ─┐
//     ▲         └──────────0–125──────────────┴─▶ SKIP (masking key and payload) ─┐
//     └───────────────────────────────────────────────────────────────────────────┘
//
// Hot path: no allocation, and payloads are skipped by arithmetic. RSV bits pass, they belong to
// extensions that the two ends have agreed on (permessage-deflate).

const OPCODE = 0;
const LENGTH = 1;
const LONG_LENGTH = 2;
const SKIP = 3;

const CONTINUATION = 0x0;
const BINARY = 0x2;
const CLOSE = 0x8;
const PONG = 0xa;

const MAX_CONTROL_BYTES = 125;
const MASKING_KEY_BYTES = 4;

export class FrameScanner {
  /** Why the framing is refused; sticky, and nothing is scanned behind it. */
  error: string | null = null;

  #state = OPCODE;
  #isControl = false;
  #isMasked = false;
  #messageOpen = false;
  #closeSeen = false;
  #lengthBytesLeft = 0;
  #payloadBytes = 0;
  #skipBytes = 0;

  /** True when the bytes so far end exactly between two frames. */
  get atFrameBoundary(): boolean {
    return this.#state === OPCODE && this.error === null;
  }

  /** True when they also end between two messages: no fragmented one is open. */
  get atMessageBoundary(): boolean {
    return this.atFrameBoundary && !this.#messageOpen;
  }

  /** The header of a Close frame has passed: this end has said goodbye and sends nothing more. */
  get closeSeen(): boolean {
    return this.#closeSeen;
  }

  /** Scans buffer[from, to). */
  scan(buffer: Buffer, from = 0, to = buffer.length): void {
    let at = from;
    while (at < to && this.error === null) at = this.#scanFrame(buffer, at, to);
  }

  /**
   * Where to cut: the index just behind the first frame that ends in buffer[from, to), which follows the
   * bytes scanned so far; -1 when none ends there. Changes nothing.
   */
  endOfFrame(buffer: Buffer, from: number, to: number): number {
    const ahead = this.#copy();
    const end = ahead.#scanFrame(buffer, from, to);
    return end > from && ahead.atFrameBoundary ? end : -1;
  }

  /** Scans to the end of the frame or of the bytes, and returns that place. */
  #scanFrame(buffer: Buffer, from: number, to: number): number {
    let at = from;
    while (at < to && this.error === null) {
      if (this.#state === SKIP) {
        const step = Math.min(to - at, this.#skipBytes);
        this.#skipBytes -= step;
        at += step;
      } else {
        this.#headerByte(buffer[at] ?? 0); // never undefined: at < to
        at += 1;
      }
      if (this.#state === SKIP && this.#skipBytes === 0) {
        this.#state = OPCODE;
        return at;
      }
    }
    return at;
  }

  #headerByte(byte: number): void {
    switch (this.#state) {
      case OPCODE:
        return this.#opcodeByte(byte);
      case LENGTH:
        return this.#lengthByte(byte);
      case LONG_LENGTH:
        return this.#longLengthByte(byte);
    }
  }

  #opcodeByte(byte: number): void {
    const isFinal = (byte & 0x80) !== 0;
    const opcode = byte & 0x0f;
    this.#isControl = opcode >= CLOSE;
    this.#state = LENGTH;
    if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) {
      this.error = `reserved WebSocket opcode ${opcode}`;
    } else if (this.#isControl) {
      if (!isFinal) this.error = "fragmented WebSocket control frame";
      if (opcode === CLOSE) this.#closeSeen = true;
    } else if ((opcode === CONTINUATION) !== this.#messageOpen) {
      this.error = this.#messageOpen
        ? "WebSocket message begun inside another"
        : "WebSocket continuation of no message";
    } else {
      this.#messageOpen = !isFinal;
    }
  }

  #lengthByte(byte: number): void {
    this.#isMasked = (byte & 0x80) !== 0;
    const length = byte & 0x7f;
    if (this.#isControl && length > MAX_CONTROL_BYTES) {
      this.error = "WebSocket control frame over 125 bytes";
    } else if (length <= 125) {
      this.#skip(length);
    } else {
      this.#state = LONG_LENGTH;
      this.#lengthBytesLeft = length === 126 ? 2 : 8;
      this.#payloadBytes = 0;
    }
  }

  #longLengthByte(byte: number): void {
    this.#payloadBytes = this.#payloadBytes * 256 + byte;
    this.#lengthBytesLeft -= 1;
    if (this.#lengthBytesLeft > 0) return;
    // The RFC forbids the top bit only; a length that a number cannot hold exactly would lose the frames.
    if (this.#payloadBytes > Number.MAX_SAFE_INTEGER) this.error = "WebSocket frame longer than 2^53 bytes";
    else this.#skip(this.#payloadBytes);
  }

  #skip(payloadBytes: number): void {
    this.#skipBytes = payloadBytes + (this.#isMasked ? MASKING_KEY_BYTES : 0);
    this.#state = SKIP;
  }

  #copy(): FrameScanner {
    const copy = new FrameScanner();
    copy.error = this.error;
    copy.#state = this.#state;
    copy.#isControl = this.#isControl;
    copy.#isMasked = this.#isMasked;
    copy.#messageOpen = this.#messageOpen;
    copy.#closeSeen = this.#closeSeen;
    copy.#lengthBytesLeft = this.#lengthBytesLeft;
    copy.#payloadBytes = this.#payloadBytes;
    copy.#skipBytes = this.#skipBytes;
    return copy;
  }
}
