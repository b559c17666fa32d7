// Reads the heads of Engine.IO 4 and Socket.IO packets, as they stand in messages; payloads stay unread.
//
//   Engine.IO   <type>[text]       0 open, 1 close, 2 ping, 3 pong, 4 message, 5 upgrade, 6 noop
//   Socket.IO   4<type>[attachments-][/namespace,][id][JSON]
//               0 CONNECT, 1 DISCONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR, 5 BINARY_EVENT, 6 BINARY_ACK
//
// The attachments of the last two follow as binary messages, or as text `b<base64>` to a client that asked for it.

import { textMessage } from "../message.ts";
import type { Message } from "../protocol.ts";

type EngineKind = Exclude<(typeof ENGINE_KINDS)[number], "message">;
type SocketKind = "connect" | "disconnect" | "event" | "ack" | "connect-error";

export interface SocketPacket {
  readonly kind: SocketKind;
  readonly namespace: string;
  /** Of the acknowledgement asked for, or given. */
  readonly id: number | null;
  /** That follow. */
  readonly attachments: number;
  /** Where the JSON begins. */
  readonly payloadAt: number;
}

/** `foreign`: of another format, such as the msgpack parser's. */
export type Packet = SocketPacket | { readonly kind: EngineKind | "attachment" | "foreign" };

export const PING = textMessage("2");
export const PONG = textMessage("3");
export const ROOT_NAMESPACE = "/";

const ENGINE_KINDS = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;
const SOCKET_KINDS: readonly SocketKind[] = [
  "connect",
  "disconnect",
  "event",
  "ack",
  "connect-error",
  "event",
  "ack",
];
const FIRST_BINARY_KIND = 5;
const LONGEST_NAMESPACE = 1024;
const MOST_DIGITS = 15;
/** Adapters make offsets of 8 to 40 bytes. */
const LONGEST_OFFSET = 256;
const FOREIGN: Packet = { kind: "foreign" };

const ZERO = 0x30;
const DASH = 0x2d;
const SLASH = 0x2f;
const COMMA = 0x2c;
const LETTER_B = 0x62;

export function readPacket({ data, isBinary }: Message): Packet {
  if (isBinary || data[0] === LETTER_B) return { kind: "attachment" };
  const type = digitAt(data, 0);
  const kind = type === null ? undefined : ENGINE_KINDS[type];
  if (kind === "message") return readSocketPacket(data);
  return kind === undefined ? FOREIGN : { kind };
}

/** Of an object; undefined: there is none, or it is none. */
export function readPayload({ data }: Message, payloadAt: number): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(data.toString("utf8", payloadAt));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

export function connectMessage(namespace: string, auth: Record<string, unknown>): Message {
  const place = namespace === ROOT_NAMESPACE ? "" : `${namespace},`;
  const payload = Object.keys(auth).length === 0 ? "" : JSON.stringify(auth);
  return textMessage(`40${place}${payload}`);
}

/**
 * An event's last argument when it is a text: connection state recovery takes it for the place in the stream of
 * broadcasts, whatever it is. Undefined: it is none; null: none that a server has made.
 */
export function readOffset({ data }: Message): string | null | undefined {
  const tail = data.toString("utf8", Math.max(0, data.length - LONGEST_OFFSET));
  if (!tail.endsWith('"]')) return undefined;
  const found = /("(?:[^"\\]|\\.)*")\]$/u.exec(tail)?.[1];
  if (found === undefined) return null;
  try {
    return String(JSON.parse(found));
  } catch {
    return null;
  }
}

function readSocketPacket(data: Buffer): Packet {
  const type = digitAt(data, 1);
  const kind = type === null ? undefined : SOCKET_KINDS[type];
  if (type === null || kind === undefined) return FOREIGN;
  const attachments = readAttachments(data, type);
  const place = attachments === null ? null : readNamespace(data, attachments.end);
  if (attachments === null || place === null) return FOREIGN;
  const { value: id, end } = readNumber(data, place.end);
  return { kind, namespace: place.namespace, id, attachments: attachments.count, payloadAt: end };
}

function readAttachments(data: Buffer, type: number): { count: number; end: number } | null {
  if (type < FIRST_BINARY_KIND) return { count: 0, end: 2 };
  const { value, end } = readNumber(data, 2);
  // The parser of socket.io refuses none, too.
  if (value === null || value < 1 || data[end] !== DASH) return null;
  return { count: value, end: end + 1 };
}

/** Without one, it is the root. */
function readNamespace(data: Buffer, start: number): { namespace: string; end: number } | null {
  if (data[start] !== SLASH) return { namespace: ROOT_NAMESPACE, end: start };
  const head = data.subarray(start, start + LONGEST_NAMESPACE + 1);
  const comma = head.indexOf(COMMA);
  if (comma === -1 && head.length > LONGEST_NAMESPACE) return null;
  const length = comma === -1 ? head.length : comma;
  const end = comma === -1 ? data.length : start + comma + 1;
  return { namespace: head.toString("utf8", 0, length), end };
}

function readNumber(data: Buffer, start: number): { value: number | null; end: number } {
  let end = start;
  while (end < start + MOST_DIGITS && digitAt(data, end) !== null) end += 1;
  const value = end === start ? null : Number(data.toString("latin1", start, end));
  return { value, end };
}

function digitAt(data: Buffer, at: number): number | null {
  const digit = (data[at] ?? 0) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : null;
}
