// What users are told of an interruption to come. Kept with the state: whoever announced it may be gone when the
// gateway has to start again.

import { isDeepStrictEqual } from "node:util";
import type { Announcement } from "../gateway/gateway-port.ts";
import { changed, refuse, unchanged } from "./decision.ts";
import type { ServiceDecision, ServiceView } from "./decision.ts";

export type AnnouncementCommand =
  | { type: "announce"; at: number; service: string; announcement: Announcement }
  | { type: "withdraw_announcement"; at: number; service: string };

/** What is announced for later than that is a mistake of units. */
const FARTHEST_MS = 366 * 24 * 60 * 60 * 1000;

export function decideAnnouncement(view: ServiceView, command: AnnouncementCommand): ServiceDecision {
  switch (command.type) {
    case "announce":
      return announce(view, command.announcement, command.at);
    case "withdraw_announcement":
      if (!view.state.announcement) return unchanged(view);
      return changed(view, { announcement: null }, "announcement_withdrawn");
  }
}

function announce(view: ServiceView, announcement: Announcement, now: number): ServiceDecision {
  if (isDeepStrictEqual(view.state.announcement, announcement)) return unchanged(view);
  const { message, at } = announcement;
  if (at !== null && !(at >= 0 && at <= now + FARTHEST_MS)) {
    return refuse("bad_request", "at is more than a year ahead; announce it when it is nearer");
  }
  return changed(view, { announcement }, "announced", { message, at });
}
