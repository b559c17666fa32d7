// Everything that comes from outside is checked here, once, for the API and the WebSocket alike.

import type { NewMessage } from "./message-store.ts";
import { RequestError } from "./request-error.ts";

const ROOM = /^[a-z0-9][a-z0-9-]{0,31}$/;

export function parseRoom(text: string): string {
  if (ROOM.test(text)) return text;
  throw new RequestError(400, "a room's name has 1 to 32 letters a-z, digits and hyphens");
}

export function parseMessage(room: string, value: unknown): NewMessage {
  const fields = objectOf(value);
  const key = fields["key"];
  return {
    room,
    author: textOf(fields, "author", 40),
    text: textOf(fields, "text", 4_000),
    key: key === undefined || key === null ? null : textOf(fields, "key", 200),
  };
}

export function parseTopic(value: unknown): string {
  const topic = objectOf(value)["topic"];
  if (typeof topic === "string" && topic.length <= 200) return topic;
  throw new RequestError(400, '"topic" must be a text of at most 200 characters');
}

/** A whole number out of the query; `fallback` when it is not given. */
export function parseCount<T>(query: URLSearchParams, name: string, fallback: T): number | T {
  const text = query.get(name);
  if (text === null) return fallback;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new RequestError(400, `"${name}" must be a whole number`);
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new RequestError(400, "a JSON object is expected");
}

function textOf(fields: Record<string, unknown>, name: string, longest: number): string {
  const value = fields[name];
  if (typeof value === "string" && value.trim() !== "" && value.length <= longest) return value;
  throw new RequestError(400, `"${name}" must be a text of 1 to ${longest} characters`);
}
