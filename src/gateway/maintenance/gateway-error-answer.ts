// Answers to requests that went wrong on their way: the upstream failed, or nobody is responsible for them.

import type { LocalAnswer } from "../../proxy/local-answer.ts";
import { errorPage } from "./error-page.ts";
import { formFor, instanceOf, type MaintenanceRequest, reconnectMs } from "./maintenance-answer.ts";
import { negotiateLanguage } from "./negotiate.ts";
import { eventStreamAnswer, negotiatedAnswer } from "./negotiated-answer.ts";
import { type ErrorKind, TEXTS } from "./texts.ts";

const ERRORS = {
  400: { code: "bad_request", kind: "other", transient: false },
  408: { code: "request_timeout", kind: "other", transient: false },
  413: { code: "body_too_large", kind: "other", transient: false },
  500: { code: "internal", kind: "other", transient: false },
  502: { code: "bad_gateway", kind: "badAnswer", transient: true },
  504: { code: "gateway_timeout", kind: "noAnswer", transient: true },
  508: { code: "loop_detected", kind: "other", transient: false },
} as const satisfies Record<number, { code: string; kind: ErrorKind; transient: boolean }>;

export type GatewayErrorStatus = keyof typeof ERRORS;

/** `detail` is read by strangers: what happened in a sentence, no addresses of ours. Null: our own words. */
export function gatewayErrorAnswer(
  request: MaintenanceRequest,
  status: GatewayErrorStatus,
  detail: string | null,
): LocalAnswer {
  const { code, kind, transient } = ERRORS[status];
  const form = formFor(request);
  if (form === "eventStream" && transient) return eventStreamAnswer(reconnectMs(0));
  const language = negotiateLanguage(request.header("accept-language"));
  const texts = TEXTS[language];
  const notice = texts.errors[kind];
  return negotiatedAnswer(form === "eventStream" ? "text" : form, {
    language,
    headers: {},
    problem: {
      type: `urn:holdgate:problem:${code}`,
      title: notice.heading,
      status,
      detail: detail ?? notice.explanation,
      code,
      instance: instanceOf(request),
    },
    page: () => errorPage({ language, notice, detail, status, tryAgain: texts.tryAgain }),
  });
}

/** For a request whose host (or path) no service has. Nobody but an operator should meet it: always text, in English. */
export function unknownHostAnswer(host: string): LocalAnswer {
  return notFound(`no service for this host: ${host}`);
}

export function unknownAssetAnswer(): LocalAnswer {
  return notFound("no such file beside the maintenance page");
}

function notFound(line: string): LocalAnswer {
  return {
    status: 404,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "Cache-Control": "no-store",
      "X-Content-Type-Options": "nosniff",
    },
    body: `${line}\n`,
  };
}
