// Text and JSON messages, made and read.

import type { Message } from "./protocol.ts";

export function textMessage(text: string): Message {
  return { data: Buffer.from(text), isBinary: false };
}

export function jsonMessage(value: unknown): Message {
  return textMessage(JSON.stringify(value));
}

/** Null: a binary one. */
export function textOf({ data, isBinary }: Message): string | null {
  return isBinary ? null : data.toString();
}

/** What no JSON text says is undefined: it is for the app to complain. */
export function jsonOf(message: Message): unknown {
  const text = textOf(message);
  if (text === null) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
