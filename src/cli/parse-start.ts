// When something shall begin, as people write it at a terminal. The API takes a time with its offset or a duration from
// now; what means something only on this machine is made such a time here.

import { parseDuration } from "../lib/duration.ts";
import { GatewayError } from "../lib/gateway-error.ts";

const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const WITHOUT_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?$/;
const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/;

/** `02:00` is the next one here; a date and time without an offset is meant here, too. */
export function parseStart(text: string, wallMs: number): string {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  if (hours !== undefined) return nextTimeOfDay(Number(hours), Number(minutes), wallMs);
  if (parseDuration(text) !== undefined || WITH_OFFSET.test(text)) return text;
  const time =
    WITHOUT_OFFSET.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new GatewayError(
    "bad_request",
    `${JSON.stringify(text)} is no time: write 02:00, 2026-03-01T02:00, the same with an offset, or 30m for in 30 minutes`,
  );
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** By the calendar, so that the night the clocks change has its 02:00, too, or what comes nearest. */
function nextTimeOfDay(hours: number, minutes: number, wallMs: number): string {
  const next = new Date(wallMs);
  next.setHours(hours, minutes, 0, 0);
  if (next.getTime() <= wallMs) {
    next.setDate(next.getDate() + 1);
    next.setHours(hours, minutes, 0, 0);
  }
  return next.toISOString();
}
