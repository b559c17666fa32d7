// The fields of a message that is one JSON object.

import { jsonOf } from "./message.ts";
import type { Message } from "./protocol.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** Null: it is not one JSON object. */
export function fieldsOf(message: Message): Fields | null {
  return asFields(jsonOf(message));
}

export function asFields(value: unknown): Fields | null {
  return isFields(value) ? value : null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
