// A maintenance that is planned ahead, and what is due of it and of announcements at which time.
//
//   scheduled ──announceBefore──▶ announced ──startsAt──▶ running ──endsAt──▶ (gone; open again)
//       │                            │                       │
//       └── cancelled, or missed ────┴── while no gateway    └── somebody else commands the mode: it is theirs

import type { ServiceSettings } from "../config/settings.ts";
import type { Announcement } from "../gateway/gateway-port.ts";
import type { Mode, Notice } from "../gateway/snapshot.ts";

/** Times are milliseconds since 1970. */
export interface MaintenanceWindow {
  startsAt: number;
  endsAt: number;
  /** Null: what the config says while it runs, and a general sentence before. */
  message: string | null;
  /** Null: the config's. */
  retryAfterMs: number | null;
  phase: "scheduled" | "announced" | "running";
}

export type Due =
  | "window_announce"
  | "window_start"
  /** It lies in the past altogether: nobody was there to start it. */
  | "window_miss"
  | "window_end"
  | "announcement_end";

export interface Moment {
  due: Due;
  at: number;
}

/** What a service has of both. */
export interface Planned {
  window: MaintenanceWindow | null;
  announcement: Announcement | null;
}

/** So long after its time an announcement that nobody withdrew is over by itself. */
export const ANNOUNCEMENT_LINGERS_MS = 60 * 60 * 1000;

/** What is due next or already, in the order of time. */
export function momentsOf({ window, announcement }: Planned, settings: ServiceSettings): Moment[] {
  const moments = window ? momentsOfWindow(window, settings.maintenance.announceBeforeMs) : [];
  if (announcement?.at !== null && announcement?.at !== undefined) {
    moments.push({ due: "announcement_end", at: announcement.at + ANNOUNCEMENT_LINGERS_MS });
  }
  return moments.toSorted((one, other) => one.at - other.at);
}

/** What is to be done at `at`: of a window only what comes last, for who sleeps over its start only misses it. */
export function dueAt(moments: readonly Moment[], at: number): Due[] {
  const due = moments.filter((moment) => moment.at <= at).map((moment) => moment.due);
  const ofWindow = due.filter((each) => each !== "announcement_end");
  return due.filter((each) => each === "announcement_end" || each === ofWindow.at(-1));
}

/** What users are told: what somebody has announced, else the window that is coming. */
export function noticeOf({ window, announcement }: Planned): Notice | null {
  if (announcement) return { ...announcement, until: null };
  if (window?.phase !== "announced") return null;
  return { message: window.message, at: window.startsAt, until: window.endsAt };
}

/** Whether a mode is still that of the running window: with another end it is whoever gave it that end. */
export function isModeOf(window: MaintenanceWindow, mode: Mode): boolean {
  return mode.name === "maintenance" && mode.expectedEnd === window.endsAt;
}

function momentsOfWindow({ phase, startsAt, endsAt }: MaintenanceWindow, announceBeforeMs: number): Moment[] {
  if (phase === "running") return [{ due: "window_end", at: endsAt }];
  const begin: Moment[] = [
    { due: "window_start", at: startsAt },
    { due: "window_miss", at: endsAt },
  ];
  if (phase === "announced" || announceBeforeMs === 0) return begin;
  return [{ due: "window_announce", at: startsAt - announceBeforeMs }, ...begin];
}
