// One line for each event and each entry of the audit log: when, what, about what, and the details.

import type { EventMessage } from "../admin/api-types.ts";
import { isObject } from "../client/answer-guards.ts";

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

/** `key=value` pairs, `outer.inner=value` for objects in objects; what is null is left out. */
export function renderDetails(data: unknown): string {
  return isObject(data) ? pairs(data, "").join(" ") : "";
}

function pairs(data: Record<string, unknown>, prefix: string): string[] {
  return Object.entries(data).flatMap(([key, value]) => {
    if (value === null || value === undefined) return [];
    return isObject(value)
      ? pairs(value, `${prefix}${key}.`)
      : [`${prefix}${key}=${renderValue(key, value)}`];
  });
}

function renderValue(key: string, value: unknown): string {
  // Moments have such names throughout: leaseEndsAt, expectedEnd, drainingUntil.
  if (typeof value === "number" && /(At|End|Until)$/.test(key)) return localTime(value).replace(" ", "T");
  // Quoted where it would not read as one word. JSON also keeps control characters, which may come from
  // outside, away from the terminal.
  return typeof value === "string" && /^[\w.:/+-]+$/.test(value) ? value : JSON.stringify(value);
}
