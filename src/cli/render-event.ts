// One line for each event and each entry of the audit log: when, what, about what, and the details.

import type { EventMessage } from "../admin/api-types.ts";

/** `2026-03-01 22:30:00.125  health_changed  chat  upstream=green from=unknown` in local time. */
export function renderEvent(event: EventMessage): string {
  const parts = [localTime(event.at), event.type, event.service ?? "-", renderDetails(event.data)];
  return parts.filter((part) => part !== "").join("  ");
}

/** Local time to the millisecond; text that is no time stays as it is. */
export function localTime(at: string | number): string {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return String(at);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, -1).replace("T", " ");
}

/** `key=value` pairs; text is quoted only where it would not read as one word. */
export function renderDetails(data: unknown): string {
  if (typeof data !== "object" || data === null) return data === undefined ? "" : renderValue(data);
  return Object.entries(data)
    .map(([key, value]) => `${key}=${renderValue(value)}`)
    .join(" ");
}

function renderValue(value: unknown): string {
  // Also keeps control characters, which may come from a user's message, away from the terminal.
  return typeof value === "string" && /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value);
}
