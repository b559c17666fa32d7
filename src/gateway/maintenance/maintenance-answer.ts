// What a request gets that the gateway neither forwards nor holds (any longer): 503, in a form its client
// understands, saying when to come back.

import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import { expectedEndText } from "./expected-end-text.ts";
import { type Form, negotiateForm, negotiateLanguage } from "./negotiate.ts";
import { eventStreamAnswer, negotiatedAnswer } from "./negotiated-answer.ts";
import type { CompiledPage, PageValues } from "./page.ts";
import { type Cause, type Language, TEXTS } from "./texts.ts";

/** As much of a request as the answer depends on. */
export interface MaintenanceRequest {
  method: string;
  /** By lower-case name; undefined when the header is not there. */
  header(name: string): string | undefined;
  /** The request is a WebSocket handshake. */
  webSocket: boolean;
  /** As in the request line, the query included. */
  path: string;
}

export function requestOf(head: RequestHead): MaintenanceRequest {
  return {
    method: head.method,
    webSocket: head.webSocket,
    path: head.target,
    header: (name) => head.header(name),
  };
}

export interface Situation {
  cause: Cause;
  /** The operator's; null: our own words. */
  message: string | null;
  /** Milliseconds since 1970; null: unknown. */
  expectedEnd: number | null;
  retryAfterMs: number;
  /** Milliseconds since 1970. */
  now: number;
  page: CompiledPage;
}

// An EventSource keeps the reconnection time it was told last, also when the service is back. A long one would
// make every later interruption long too, and coming back costs next to nothing.
const LONGEST_RECONNECT_MS = 5_000;

// For visitors without JavaScript: not so often that reading is a nuisance, and back within a minute.
const SHORTEST_REFRESH_S = 5;
const LONGEST_REFRESH_S = 60;

export function maintenanceAnswer(request: MaintenanceRequest, situation: Situation): LocalAnswer {
  const form = formFor(request);
  if (form === "eventStream") return eventStreamAnswer(reconnectMs(situation.retryAfterMs));
  const language = negotiateLanguage(request.header("accept-language"));
  const notice = TEXTS[language].causes[situation.cause];
  const retryAfter = retryAfterSeconds(situation);
  return negotiatedAnswer(form, {
    language,
    headers: { "Retry-After": String(retryAfter) },
    problem: {
      type: `urn:holdgate:problem:${situation.cause}`,
      title: notice.heading,
      status: 503,
      detail: situation.message ?? notice.explanation,
      code: situation.cause,
      instance: instanceOf(request),
      expectedEnd: isoOrNull(situation.expectedEnd),
      retryAfter,
    },
    page: () => ({
      html: situation.page.render(pageValues(request, situation, language)),
      contentSecurityPolicy: situation.page.contentSecurityPolicy,
    }),
  });
}

/** Of the answers that negotiate, which one a request gets. */
export function formFor(request: MaintenanceRequest): Form {
  // Browsers show nobody the body of a refused handshake; what is left to read it are logs and terminals.
  if (request.webSocket) return "text";
  const form = negotiateForm(request.header("accept"));
  // Streaming APIs POST with the same Accept, and understand a 503.
  return form === "eventStream" && request.method !== "GET" ? "text" : form;
}

export function reconnectMs(retryAfterMs: number): number {
  return Math.round(Math.min(Math.max(retryAfterMs, 1_000), LONGEST_RECONNECT_MS));
}

/** Queries carry secrets at times, and problem documents end in logs. */
export function instanceOf(request: MaintenanceRequest): string {
  return request.path.split("?", 1)[0] ?? "";
}

/** Until the expected end while that lies ahead, because coming earlier is in vain; else the configured pause. */
function retryAfterSeconds({ expectedEnd, now, retryAfterMs }: Situation): number {
  const waitMs = expectedEnd !== null && expectedEnd > now ? expectedEnd - now : retryAfterMs;
  return Math.max(1, Math.ceil(waitMs / 1000));
}

function pageValues(request: MaintenanceRequest, situation: Situation, language: Language): PageValues {
  const { expectedEnd, now, retryAfterMs } = situation;
  const texts = TEXTS[language];
  const notice = texts.causes[situation.cause];
  const refreshSeconds = Math.min(
    Math.max(Math.ceil(retryAfterMs / 1000), SHORTEST_REFRESH_S),
    LONGEST_REFRESH_S,
  );
  return {
    language,
    heading: notice.heading,
    message: situation.message ?? notice.explanation,
    explanation: notice.explanation,
    expectedEnd: isoOrNull(expectedEnd) ?? "",
    expectedEndText: expectedEnd === null ? "" : expectedEndText(expectedEnd, now, language),
    expectedEndMs: expectedEnd ?? "",
    nowMs: now,
    retryAfterMs,
    refresh: refreshContent(refreshSeconds, request.path),
    expectedEndLabel: texts.expectedEnd,
    overdueText: texts.overdue,
    backText: texts.back,
    offlineText: texts.offline,
    checkingText: texts.checking,
    refreshText: texts.refreshesEvery(refreshSeconds),
    progressLabel: texts.progress,
    tryAgainText: texts.tryAgain,
  };
}

/**
 * What stands in `<meta http-equiv="refresh">`. The address is named because browsers take a refresh of `/room#last`
 * for a jump within the page, and never ask again. Two slashes (or what a browser reads as such) would begin a
 * host's name: `/.` before them keeps the address here, and means the same path.
 */
function refreshContent(seconds: number, path: string): string {
  if (!/^\/[\x21-\x7e]*$/.test(path)) return String(seconds);
  return `${seconds}; url=${/^\/[/\\]/.test(path) ? "/." : ""}${path}`;
}

function isoOrNull(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
