// What stands in the few MQTT packets that matter to a move (3.1, 3.1.1 and 5.0). Null: it is not what it should be.

import { makePacket, type Packet } from "./mqtt-packets.ts";

/** MQTT 5.0, 2.2.2.2. */
export const Property = {
  sessionExpiry: 0x11,
  assignedClientId: 0x12,
  authenticationMethod: 0x15,
  topicAlias: 0x23,
} as const;

export type Properties = ReadonlyMap<number, Buffer>;

export interface Connect {
  /** 3 is 3.1, 4 is 3.1.1. */
  readonly version: number;
  readonly clean: boolean;
  readonly will: boolean;
  readonly properties: Properties;
  /** Where clean session, or clean start, is a bit. */
  readonly flagsAt: number;
  readonly body: Buffer;
}

export interface ConnAck {
  readonly sessionPresent: boolean;
  readonly code: number;
  readonly properties: Properties;
}

export interface Publish {
  readonly qos: number;
  /** Zero for QoS 0. */
  readonly id: number;
  readonly properties: Properties;
}

export interface Subscribe {
  readonly rawProperties: Buffer;
  /** An UNSUBSCRIBE's have no options. */
  readonly filters: readonly { filter: Buffer; options: number }[];
}

export function readConnect(packet: Packet): Connect | null {
  if (packet.cut) return null;
  // A copy: it stays as long as the tunnel.
  const body = Buffer.from(packet.body);
  const reader = new Reader(body);
  const name = reader.string().toString("latin1");
  const version = reader.byte();
  const flagsAt = reader.at;
  const flags = reader.byte();
  reader.take(2);
  const properties = version === 5 ? reader.properties() : new Map<number, Buffer>();
  const known = name === "MQIsdp" ? version === 3 : name === "MQTT" && (version === 4 || version === 5);
  if (!known || !reader.fine) return null;
  return { version, clean: (flags & 0x02) !== 0, will: (flags & 0x04) !== 0, properties, flagsAt, body };
}

export function readConnAck(packet: Packet, version: number): ConnAck | null {
  const reader = new Reader(Buffer.from(packet.body));
  const flags = reader.byte();
  const code = reader.byte();
  const properties = version === 5 && reader.more ? reader.properties() : new Map<number, Buffer>();
  if (packet.cut || !reader.fine) return null;
  // 3.1 has no such bit.
  return { sessionPresent: version > 3 && (flags & 0x01) !== 0, code, properties };
}

export function readPublish({ flags, body }: Packet, version: number): Publish | null {
  const qos = (flags >> 1) & 0x03;
  if (qos === 0 && version < 5) return { id: 0, qos, properties: new Map() };
  const reader = new Reader(body);
  reader.string();
  const id = qos === 0 ? 0 : reader.integer(2);
  const properties = version === 5 ? reader.properties() : new Map<number, Buffer>();
  return reader.fine && qos < 3 ? { id, qos, properties } : null;
}

/** An acknowledgement's, SUBSCRIBE's or UNSUBSCRIBE's. */
export function readId({ body }: Packet): number {
  return new Reader(body).integer(2);
}

/** A PUBREC that ends its exchange: MQTT 5.0, 4.3.3. */
export function isRefusal({ body }: Packet): boolean {
  return (body[2] ?? 0) >= 0x80;
}

/** Also an UNSUBSCRIBE, `hasOptions` being false then. */
export function readSubscribe(packet: Packet, version: number, hasOptions: boolean): Subscribe | null {
  const reader = new Reader(packet.body);
  reader.take(2);
  const from = reader.at;
  if (version === 5) reader.properties();
  const rawProperties = packet.body.subarray(from, reader.at);
  const filters: { filter: Buffer; options: number }[] = [];
  while (reader.more && reader.fine) {
    const filter = reader.string();
    filters.push({ filter, options: hasOptions ? reader.byte() : 0 });
  }
  return reader.fine && !packet.cut ? { rawProperties, filters } : null;
}

/** One code for each filter; 3.1.1 has none for an UNSUBSCRIBE. */
export function readCodes({ body }: Packet, version: number): Buffer {
  const reader = new Reader(body);
  reader.take(2);
  if (version === 5) reader.properties();
  return reader.fine ? body.subarray(reader.at) : Buffer.alloc(0);
}

export function makeSubscribe(id: number, rawProperties: Buffer, filter: Buffer, options: number): Buffer {
  const head = Buffer.from([id >> 8, id & 0xff]);
  const length = Buffer.from([filter.length >> 8, filter.length & 0xff]);
  return makePacket(0x82, Buffer.concat([head, rawProperties, length, filter, Buffer.from([options])]));
}

/** A persistent session is asked for again even by one who began with a clean start: MQTT 5.0, 3.1.2.4. */
export function connectAgain({ body, flagsAt, version, properties }: Connect, connAck: ConnAck): Buffer {
  const again = Buffer.from(body);
  const expiry = connAck.properties.get(Property.sessionExpiry) ?? properties.get(Property.sessionExpiry);
  const lasts = version === 5 && expiry !== undefined && expiry.some((byte) => byte !== 0);
  if (lasts) again[flagsAt] = (again[flagsAt] ?? 0) & ~0x02;
  return makePacket(0x10, again);
}

/** Of a packet that `makeSubscribe` has made. */
export function withId(packet: Buffer, id: number): Buffer {
  const copy = Buffer.from(packet);
  copy.writeUInt16BE(id, copy.findIndex((byte, at) => at > 0 && byte < 0x80) + 1);
  return copy;
}

class Reader {
  readonly #bytes: Buffer;
  at = 0;
  fine = true;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get more(): boolean {
    return this.at < this.#bytes.length;
  }

  take(length: number): Buffer {
    const taken = this.#bytes.subarray(this.at, this.at + length);
    if (taken.length < length) this.fine = false;
    this.at += taken.length;
    return taken;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  integer(size: number): number {
    return this.take(size).reduce((value, byte) => value * 256 + byte, 0);
  }

  variableInteger(): number {
    for (let value = 0, shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    this.fine = false;
    return 0;
  }

  string(): Buffer {
    return this.take(this.integer(2));
  }

  properties(): Map<number, Buffer> {
    const properties = new Map<number, Buffer>();
    const length = this.variableInteger();
    const end = this.at + length;
    if (end > this.#bytes.length) this.fine = false;
    while (this.fine && this.at < end) {
      const id = this.variableInteger();
      const from = this.at;
      this.#skipValue(id);
      properties.set(id, this.#bytes.subarray(from, this.at));
    }
    if (this.at !== end) this.fine = false;
    return properties;
  }

  #skipValue(id: number): void {
    const size = FIXED_SIZES[id];
    if (size !== undefined) this.take(size);
    else if (id === 0x0b) this.variableInteger();
    else if (STRINGS.has(id)) this.string();
    else if (id === 0x26) this.#skipPair();
    else this.fine = false;
  }

  #skipPair(): void {
    this.string();
    this.string();
  }
}

// By property, in bytes.
const FIXED_SIZES: Readonly<Record<number, number>> = {
  0x01: 1,
  0x02: 4,
  0x11: 4,
  0x13: 2,
  0x17: 1,
  0x18: 4,
  0x19: 1,
  0x21: 2,
  0x22: 2,
  0x23: 2,
  0x24: 1,
  0x25: 1,
  0x27: 4,
  0x28: 1,
  0x29: 1,
  0x2a: 1,
};
const STRINGS = new Set([0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1a, 0x1c, 0x1f]);
