// Cuts MQTT's byte stream into packets (MQTT 5.0, 2.1). A packet may begin in one message and end in another, and one
// message may hold many: MQTT.js in Node sends each field of a packet as a message of its own.
//
//   between ──1st byte──▶ length ──last byte of it──▶ body ──the last byte──▶ between
//                           └──── a fifth byte ────▶ broken: for good
//
// Of a packet only its first bytes are kept: all that is ever read of it.

import type { Message } from "../protocol.ts";

export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
  auth: 15,
} as const;

export interface Packet {
  readonly type: number;
  readonly flags: number;
  /** Its first bytes: a view that lives as long as the message does. Copy what is to stay. */
  readonly body: Buffer;
  /** There was more of it than is kept. */
  readonly cut: boolean;
}

/** The part of a message that belongs to one packet. */
export interface PacketSpan {
  readonly type: number;
  readonly start: number;
  readonly end: number;
  /** Null: its end is in a later message. */
  readonly packet: Packet | null;
}

const MOST_KEPT_BYTES = 64 * 1024;
/** Topic, identifier and properties; most of a PUBLISH is its payload. */
const MOST_KEPT_OF_PUBLISH_BYTES = 4 * 1024;

export class PacketScanner {
  #state: "between" | "length" | "body" | "broken" = "between";
  #first = 0;
  #length = 0;
  #shift = 0;
  #missing = 0;
  #kept = Buffer.alloc(0);

  scan({ data, isBinary }: Message): PacketSpan[] {
    const spans: PacketSpan[] = [];
    // [MQTT-6.0.0-1]: a broker drops who sends text.
    if (!isBinary) this.#state = "broken";
    let at = 0;
    while (at < data.length && this.#state !== "broken") {
      const span = this.#next(data, at);
      spans.push(span);
      at = span.end;
    }
    return spans;
  }

  get isBetweenPackets(): boolean {
    return this.#state === "between";
  }

  get isBroken(): boolean {
    return this.#state === "broken";
  }

  #next(data: Buffer, start: number): PacketSpan {
    const bodyAt = this.#state === "body" ? start : this.#readHead(data, start);
    const end = this.#state === "body" ? Math.min(data.length, bodyAt + this.#missing) : data.length;
    const packet = this.#state === "body" ? this.#takeBody(data.subarray(bodyAt, end)) : null;
    return { type: this.#first >> 4, start, end, packet };
  }

  /** Says where the body begins; without it, the state tells why there is none. */
  #readHead(data: Buffer, start: number): number {
    for (let at = start; at < data.length; at++) {
      this.#takeHeadByte(data.readUInt8(at));
      if (this.#state === "body" || this.#state === "broken") return at + 1;
    }
    return data.length;
  }

  #takeHeadByte(byte: number): void {
    if (this.#state === "between") {
      this.#first = byte;
      this.#length = 0;
      this.#shift = 0;
      this.#state = "length";
      return;
    }
    this.#length += (byte & 0x7f) * 2 ** this.#shift;
    this.#shift += 7;
    if (byte < 0x80) this.#beginBody();
    else if (this.#shift === 28) this.#state = "broken";
  }

  #beginBody(): void {
    this.#missing = this.#length;
    this.#kept = Buffer.alloc(0);
    this.#state = "body";
  }

  #takeBody(part: Buffer): Packet | null {
    const isWhole = part.length === this.#length;
    this.#missing -= part.length;
    const room = Math.max(0, this.#mostKept() - this.#kept.length);
    const kept = part.subarray(0, room);
    if (this.#missing > 0) {
      if (kept.length > 0) this.#kept = Buffer.concat([this.#kept, kept]);
      return null;
    }
    const body = isWhole ? kept : Buffer.concat([this.#kept, kept]);
    this.#kept = Buffer.alloc(0);
    this.#state = "between";
    return { type: this.#first >> 4, flags: this.#first & 0x0f, body, cut: body.length < this.#length };
  }

  #mostKept(): number {
    return this.#first >> 4 === PacketType.publish ? MOST_KEPT_OF_PUBLISH_BYTES : MOST_KEPT_BYTES;
  }
}

export function makePacket(firstByte: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([firstByte, ...variableInteger(body.length)]), body]);
}

export function packetMessage(data: Buffer): Message {
  return { data, isBinary: true };
}

function variableInteger(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest > 0x7f;
    bytes.push((rest & 0x7f) | (more ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return bytes;
}
