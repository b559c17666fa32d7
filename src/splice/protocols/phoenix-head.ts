// Who a Phoenix message is about, version 2 of its format: `[join_ref, ref, topic, event, payload]` as JSON, or binary:
//
//   from the client   0 | join_ref ref topic event | payload
//   from the upstream 0 | join_ref     topic event | payload    a push
//                     1 | join_ref ref topic status| payload    a reply
//                     2 |              topic event | payload    a broadcast
//
// where the sizes of the named parts, a byte each, come before the first of them.

import { asFields } from "../fields-of.ts";
import { jsonOf } from "../message.ts";
import type { Message } from "../protocol.ts";

/** phoenix.js has texts; the server returns whatever came. */
export type Ref = string | number | null;

export interface Head {
  readonly joinRef: Ref;
  readonly ref: Ref;
  readonly topic: string;
  readonly event: string;
}

const MOST_HEAD_BYTES = 4096;
const TEXT = String.raw`"(?:[^"\\]|\\.)*"`;
const REF = `(null|${TEXT})`;
const HEAD = new RegExp(String.raw`^\s*\[\s*${REF}\s*,\s*${REF}\s*,\s*(${TEXT})\s*,\s*(${TEXT})\s*,`);

type Part = "joinRef" | "ref" | "topic" | "event";
const FROM_CLIENT: readonly Part[] = ["joinRef", "ref", "topic", "event"];
const FROM_UPSTREAM: readonly (readonly Part[])[] = [
  ["joinRef", "topic", "event"],
  ["joinRef", "ref", "topic", "event"],
  ["topic", "event"],
];

/** Null: it is not of this format. */
export function clientHead(message: Message): Head | null {
  if (!message.isBinary) return textHead(message);
  return message.data[0] === 0 ? binaryHead(message.data, FROM_CLIENT) : null;
}

export function upstreamHead(message: Message): Head | null {
  if (!message.isBinary) return textHead(message);
  const parts = FROM_UPSTREAM[message.data[0] ?? -1];
  const head = parts === undefined ? null : binaryHead(message.data, parts);
  return head !== null && isBinaryReply(message) ? { ...head, event: "phx_reply" } : head;
}

/** Whether what `upstreamHead` calls a phx_reply says that all went well. */
export function isOk(reply: Message): boolean {
  if (isBinaryReply(reply)) return binaryHead(reply.data, FROM_CLIENT)?.event === "ok";
  const message = jsonOf(reply);
  return Array.isArray(message) && asFields(message[4])?.["status"] === "ok";
}

function isBinaryReply({ data, isBinary }: Message): boolean {
  return isBinary && data[0] === 1;
}

/** The payload is left alone as a rule: it may be large, and most messages are the app's own. */
function textHead(message: Message): Head | null {
  const match = HEAD.exec(message.data.toString("utf8", 0, MOST_HEAD_BYTES));
  if (match === null) return headIn(jsonOf(message));
  const quoted = `[${match.slice(1).join(",")}]`;
  return headIn(jsonOf({ data: Buffer.from(quoted), isBinary: false }));
}

function headIn(parts: unknown): Head | null {
  if (!Array.isArray(parts)) return null;
  const [joinRef, ref, topic, event] = parts as unknown[];
  if (!isRef(joinRef) || !isRef(ref)) return null;
  if (typeof topic !== "string" || typeof event !== "string") return null;
  return { joinRef, ref, topic, event };
}

function isRef(value: unknown): value is Ref {
  return value === null || typeof value === "string" || typeof value === "number";
}

function binaryHead(data: Buffer, parts: readonly Part[]): Head | null {
  const found: Record<Part, string> = { joinRef: "", ref: "", topic: "", event: "" };
  let offset = 1 + parts.length;
  for (const [index, part] of parts.entries()) {
    const end = offset + (data[1 + index] ?? 0);
    if (end > data.length) return null;
    found[part] = data.toString("utf8", offset, end);
    offset = end;
  }
  return { ...found, joinRef: found.joinRef || null, ref: found.ref || null };
}
