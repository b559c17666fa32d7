// What a post says of an event, in the format of its webhook.

import type { WebhookSettings } from "../config/settings.ts";
import type { LoggedEvent } from "../control/event-log.ts";
import { sentenceOf } from "./sentence-of.ts";

export type Told = Omit<LoggedEvent, "id">;

export function bodyOf(event: Told, format: WebhookSettings["format"]): string {
  const { type, at: timestamp, service, data } = event;
  const text = sentenceOf(event);
  return JSON.stringify(format === "chat" ? { text } : { type, timestamp, service, data, text });
}
