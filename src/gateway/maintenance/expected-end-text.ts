// The expected end as text. The server does not know the visitor's time zone, so it writes UTC and says so; the
// page's script turns it into local time where scripts run.

import type { Language } from "./texts.ts";

const TIME: Intl.DateTimeFormatOptions = {
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
  timeZoneName: "short",
};
const DAY_AND_TIME: Intl.DateTimeFormatOptions = { ...TIME, day: "numeric", month: "long" };

// Making a formatter costs more than all the rest of an answer.
const formatters = new Map<string, Intl.DateTimeFormat>();

/** The time of day, with the date when it is not today's. */
export function expectedEndText(end: number, now: number, language: Language): string {
  const sameDay = utcDay(end) === utcDay(now);
  const key = `${language} ${sameDay}`;
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat(language, sameDay ? TIME : DAY_AND_TIME);
  formatters.set(key, formatter);
  return formatter.format(end);
}

function utcDay(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
