// The envelope that the gateway's own answers share: one content, in the form the client asked for.

import type { LocalAnswer } from "../../proxy/local-answer.ts";
import type { Form } from "./negotiate.ts";
import type { Language } from "./texts.ts";

/** RFC 9457, with the members every problem of ours has. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Stable, for programs to match on. */
  code: string;
  instance: string;
  [extension: string]: string | number | null;
}

export interface AnswerContent {
  language: Language;
  problem: Problem;
  /** Only called when the page is wanted. */
  page(): { html: string; contentSecurityPolicy: string | null };
  /** Headers of this answer beside those that all have. */
  headers: Record<string, string>;
}

export function negotiatedAnswer(form: Exclude<Form, "eventStream">, content: AnswerContent): LocalAnswer {
  const { problem, language } = content;
  const headers = { ...COMMON_HEADERS, "Content-Language": language, ...content.headers };
  if (form === "html") {
    const { html, contentSecurityPolicy } = content.page();
    const policy = contentSecurityPolicy && { "Content-Security-Policy": contentSecurityPolicy };
    return answer(problem.status, "text/html; charset=utf-8", html, { ...headers, ...policy });
  }
  if (form === "problem") {
    return answer(problem.status, "application/problem+json", `${JSON.stringify(problem)}\n`, headers);
  }
  const line = oneLine(`${problem.title}: ${problem.detail}`);
  return answer(problem.status, "text/plain; charset=utf-8", `${line}\n`, headers);
}

/**
 * An answer that ends at once and tells when to come back. EventSource gives up for ever at any other
 * status than 200, and reconnects after a 200 that ended.
 */
export function eventStreamAnswer(reconnectMs: number): LocalAnswer {
  return answer(200, "text/event-stream", `retry: ${reconnectMs}\n\n`, COMMON_HEADERS);
}

const COMMON_HEADERS = {
  "Cache-Control": "no-store",
  Vary: "Accept, Accept-Language",
  "X-Content-Type-Options": "nosniff",
};

function answer(
  status: number,
  contentType: string,
  body: string,
  headers: Record<string, string>,
): LocalAnswer {
  return { status, headers: { "Content-Type": contentType, ...headers }, body };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
