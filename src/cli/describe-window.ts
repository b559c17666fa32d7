// Sentences about what is planned and announced. Times are those of the machine that reads them.

import type { Announcement, WindowStatus } from "../admin/api-types.ts";
import { describeDuration } from "./describe-duration.ts";
import { localTime } from "./render-event.ts";

/** `maintenance planned for 2026-03-01 02:00, in 3h 20m, for 30m (users are told)`; empty when there is none. */
export function describeWindow(window: WindowStatus | null, wallMs: number): string {
  if (!window) return "";
  const { startsAt, endsAt, message, phase } = window;
  const words = message === null ? "" : `: “${message}”`;
  if (phase === "running") return `the window ends by itself in ${describeDuration(endsAt - wallMs)}${words}`;
  const when = `${minuteOf(startsAt)}, in ${describeDuration(startsAt - wallMs)}`;
  const told = phase === "announced" ? " (users are told)" : "";
  return `maintenance planned for ${when}, for ${describeDuration(endsAt - startsAt)}${told}${words}`;
}

/** `announced, in 10m: “An update at six”` */
export function describeAnnouncement({ message, at }: Announcement, wallMs: number): string {
  if (at === null) return `announced: “${message}”`;
  const ahead = at - wallMs;
  const when = ahead < 0 ? `${describeDuration(-ahead)} ago` : `in ${describeDuration(ahead)}`;
  return `announced, ${when}: “${message}”`;
}

function minuteOf(time: number): string {
  return localTime(time).slice(0, "2026-03-01 02:00".length);
}
