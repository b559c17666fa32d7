// What anybody may ask the gateway on the public listener: `/.holdgate/status` for the maintenance page, and
// `/.holdgate/health` for a balancer in front.

import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { UpgradeProgress } from "../gateway-port.ts";
import type { Mode, Notice } from "../snapshot.ts";
import { NOTICE_TEXTS } from "./notice-texts.ts";
import { PHASE_TEXTS } from "./phases.ts";
import type { Language } from "./texts.ts";

/** No more than the page needs: strangers read it. */
export interface PublicStatus {
  mode: Mode["name"];
  message: string | null;
  /** Milliseconds since 1970. */
  expectedEnd: number | null;
  retryAfterMs: number;
  progress: Progress | null;
  /** Of an interruption to come. */
  announcement: PublicAnnouncement | null;
}

export interface PublicAnnouncement {
  message: string;
  /** When it begins and ends, milliseconds since 1970; null: not said. */
  at: number | null;
  until: number | null;
}

/** How far an upgrade is. */
export interface Progress {
  /** 0 to 100. */
  percent: number;
  /** For people; null: nothing to say. */
  step: string | null;
}

export interface PublicStatusSource {
  mode: Mode;
  /** The active upstream cannot be reached, and requests wait for it. */
  automaticHold: boolean;
  /** `maintenance.retryAfter` of the service, for modes that carry none. */
  retryAfterMs: number;
  progress: UpgradeProgress | null;
  notice: Notice | null;
  language: Language;
}

export function publicStatus(source: PublicStatusSource): PublicStatus {
  const { mode, automaticHold, retryAfterMs, notice, language } = source;
  const announcement = notice && { ...notice, message: notice.message ?? NOTICE_TEXTS[language] };
  const progress = source.progress && {
    percent: source.progress.percent,
    step: PHASE_TEXTS[language][source.progress.phase],
  };
  if (mode.name === "maintenance") {
    const { message, expectedEnd } = mode;
    return { mode: mode.name, message, expectedEnd, retryAfterMs: mode.retryAfterMs, progress, announcement };
  }
  // A page that took an automatic hold for "open" would reload, join the queue and come back, again and again.
  const name = automaticHold ? "hold" : mode.name;
  return { mode: name, message: null, expectedEnd: null, retryAfterMs, progress, announcement };
}

export function publicStatusAnswer(status: PublicStatus): LocalAnswer {
  return {
    status: 200,
    headers: {
      "Content-Type": "application/json",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    },
    body: `${JSON.stringify(status)}\n`,
  };
}

/**
 * The path of the page that asks (`/.holdgate/status?path=/app/room`), by which the service is found where several
 * share a host; `/` when it does not say.
 */
export function askingPath(target: string): string {
  const query = target.indexOf("?");
  const path = query < 0 ? null : new URLSearchParams(target.slice(query + 1)).get("path");
  return path?.startsWith("/") ? path : "/";
}

/** The gateway is there, whatever the services behind it do. */
export function healthAnswer(): LocalAnswer {
  return {
    status: 200,
    headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" },
    body: "ok\n",
  };
}
