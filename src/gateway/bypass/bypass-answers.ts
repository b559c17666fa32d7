// `/.holdgate/bypass` on the public listener: `?token=…` sets the cookie, `?end` takes it away; both lead on into the
// app, to `to` when that is a path of this very host.

import type { Exchange } from "../../proxy/exchange.ts";
import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { RequestHead } from "../../proxy/request-head.ts";
import { errorPage } from "../maintenance/error-page.ts";
import { formFor, instanceOf, requestOf } from "../maintenance/maintenance-answer.ts";
import { negotiateLanguage } from "../maintenance/negotiate.ts";
import { negotiatedAnswer } from "../maintenance/negotiated-answer.ts";
import type { BypassKeySource } from "./bypass.ts";
import { bypassCookieLine, bypassedServices } from "./bypass-cookie.ts";
import { BYPASS_TEXTS, type BypassRefusal } from "./bypass-texts.ts";
import { checkBypass, readBypass } from "./bypass-token.ts";

export const BYPASS_PATH = "/.holdgate/bypass";

export interface BypassDesk {
  keys: BypassKeySource;
  /** Milliseconds since 1970. */
  now: number;
  /** The path at which the service begins on the host of the request; null: it is not there. */
  homeOf(service: string): string | null;
}

export function answerBypass(exchange: Exchange, desk: BypassDesk): void {
  const { head } = exchange;
  if (head.method !== "GET" && head.method !== "HEAD") return exchange.answer(methodNotAllowed());
  const query = new URLSearchParams(head.target.slice(head.path.length + 1));
  if (query.has("end")) return end(exchange, query.get("to"));
  const token = query.get("token") ?? "";
  const read = readBypass(token);
  const home = read && desk.homeOf(read.service);
  const key = read && desk.keys.keyOf(read.service);
  if (!read || !key || home === null) return exchange.answer(refusal(head, "invalid"));
  const verdict = checkBypass(key, read.service, token, desk.now);
  if (verdict !== "valid") return exchange.answer(refusal(head, verdict));
  const seconds = Math.ceil((read.expiresAt - desk.now) / 1000);
  setCookie(exchange, read.service, token, seconds);
  exchange.answer(leadOn(localPath(query.get("to")) ?? home));
}

function end(exchange: Exchange, to: string | null): void {
  for (const service of bypassedServices(exchange.head.header("cookie") ?? "")) {
    setCookie(exchange, service, "", 0);
  }
  exchange.answer(leadOn(localPath(to) ?? "/"));
}

function setCookie(exchange: Exchange, service: string, token: string, seconds: number): void {
  exchange.answerLines += bypassCookieLine(service, token, seconds, exchange.head.headers.secure);
}

/** Null for what is not a path of this host: browsers take two slashes, or a backslash for one, for another host. */
function localPath(to: string | null): string | null {
  return to !== null && /^\/(?![/\\])[\x21-\x7e]*$/.test(to) ? to : null;
}

function leadOn(location: string): LocalAnswer {
  const headers = { ...PRIVATE, "Content-Type": "text/plain; charset=utf-8", Location: location };
  return { status: 303, headers, body: `go on to ${location}\n` };
}

function refusal(head: RequestHead, reason: BypassRefusal): LocalAnswer {
  const language = negotiateLanguage(head.header("accept-language"));
  const notice = BYPASS_TEXTS[language][reason];
  const status = reason === "expired" ? 410 : 403;
  const request = requestOf(head);
  const form = formFor(request);
  const code = `bypass_${reason}`;
  return negotiatedAnswer(form === "eventStream" ? "text" : form, {
    language,
    headers: { "Referrer-Policy": "no-referrer" },
    problem: {
      type: `urn:holdgate:problem:${code}`,
      title: notice.heading,
      status,
      detail: notice.explanation,
      code,
      instance: instanceOf(request),
    },
    page: () => errorPage({ language, notice, detail: null, status, tryAgain: null }),
  });
}

function methodNotAllowed(): LocalAnswer {
  const headers = { ...PRIVATE, "Content-Type": "text/plain; charset=utf-8", Allow: "GET, HEAD" };
  return { status: 405, headers, body: "this takes GET\n" };
}

/** The address has the token: it is neither kept nor passed on. */
const PRIVATE = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};
