// Asks over HTTP, and compares the answer with what the plan expects: status, headers, fields of the JSON, body.
// An app may well answer 200 while its database is away; only its fields tell.

import type { HttpCheck, JsonScalar } from "../plan/check.ts";
import type { StatusRange } from "../plan/plan.ts";
import { attempt } from "./attempt.ts";
import type { CheckContext } from "./check-context.ts";
import { allGood, bad, type CheckResult, type Found, found, GOOD } from "./check-result.ts";
import { connectionFailure } from "./connection-failure.ts";
import { excerpt, type Redact } from "./excerpt.ts";
import { findOrigins, type Origin, shortUrl } from "./find-origins.ts";
import { atJsonPath } from "./json-path.ts";
import { type CheckAnswer, type CheckRequest, MAX_ANSWER_BYTES, sendRequest } from "./send-request.ts";

export async function checkHttp(check: HttpCheck, context: CheckContext): Promise<CheckResult> {
  const asked = await addressees(check, context);
  return asked.ok ? allGood(asked.value, (origin) => askOne(check, origin, context)) : asked;
}

/** Whom a URL or a path is asked of. */
export async function addressees(
  { url, target }: { url: string; target: string | null },
  context: CheckContext,
): Promise<Found<Origin[]>> {
  if (url.startsWith("/")) return findOrigins(target, context);
  const { host } = new URL(url);
  return found([{ label: host, url, host: null }]);
}

/** Headers of a check, with the values of secrets in them: for the wire only. */
export function revealHeaders(
  { headers }: { headers: Record<string, string> },
  { host }: Origin,
  { world }: CheckContext,
): Record<string, string> {
  const revealed = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), world.reveal(value)]);
  return { ...(host === null ? {} : { host }), ...Object.fromEntries(revealed) };
}

async function askOne(check: HttpCheck, origin: Origin, context: CheckContext): Promise<CheckResult> {
  const path = check.url.startsWith("/") ? check.url : null;
  const what = path === null ? shortUrl(check.url) : `${path} of ${origin.label}`;
  const request: CheckRequest = {
    url: origin.url,
    path,
    method: check.method,
    headers: revealHeaders(check, origin, context),
  };
  const { clock, signal } = context.world;
  return attempt(
    { clock, signal, timeoutMs: check.timeoutMs },
    async (signal) => {
      const differing = firstDifference(check, await sendRequest(request, signal), context);
      return differing === null ? GOOD : bad(`${check.method} ${what}: ${differing}`);
    },
    (error) => connectionFailure(`${check.method} ${what}`, error),
  );
}

function firstDifference(check: HttpCheck, answer: CheckAnswer, { world }: CheckContext): string | null {
  const reveal = (text: string): string => world.reveal(text);
  const redact = (text: string): string => world.redact(text);
  return (
    statusDiffers(check.status, answer) ??
    headersDiffer(check.expectHeaders, answer, { reveal, redact }) ??
    jsonDiffers(check.json, answer, redact) ??
    bodyDiffers(check.body, answer, reveal)
  );
}

function statusDiffers(status: StatusRange, answer: CheckAnswer): string | null {
  if (status.some(({ from, to }) => answer.status >= from && answer.status <= to)) return null;
  return `the status is ${answer.status} instead of ${describeStatus(status)}`;
}

export function describeStatus(status: StatusRange): string {
  return status.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

// What is expected may be a secret too: it is compared as it is, and named as the plan has it.

function headersDiffer(
  expected: Record<string, string>,
  { headers }: CheckAnswer,
  { reveal, redact }: Pick<CheckContext["world"], "reveal" | "redact">,
): string | null {
  for (const [name, value] of Object.entries(expected)) {
    const present = headers[name.toLowerCase()];
    if (present === undefined) return `the header ${name} is missing`;
    const text = String(present);
    if (text !== reveal(value))
      return `the header ${name} is ${excerpt(text, redact)} instead of ${JSON.stringify(value)}`;
  }
  return null;
}

function jsonDiffers(
  expected: Record<string, JsonScalar>,
  answer: CheckAnswer,
  redact: Redact,
): string | null {
  const fields = Object.entries(expected);
  if (fields.length === 0) return null;
  const json = parseJson(answer, redact);
  if (!json.ok) return json.reason;
  for (const [path, value] of fields) {
    const present = atJsonPath(json.value, path);
    if (present === undefined) return `${path} is missing`;
    if (present !== value) return `${path} is ${shown(present, redact)} instead of ${JSON.stringify(value)}`;
  }
  return null;
}

export function parseJson(answer: CheckAnswer, redact: Redact): Found<unknown> {
  if (answer.cut) return bad(`the body is larger than ${MAX_ANSWER_BYTES} bytes`);
  try {
    return found(JSON.parse(answer.body));
  } catch {
    return bad(`the body is not JSON: ${excerpt(answer.body, redact)}`);
  }
}

function shown(value: unknown, redact: Redact): string {
  if (typeof value === "string") return excerpt(value, redact);
  return excerpt(JSON.stringify(value), redact).slice(1, -1);
}

function bodyDiffers(
  expected: string | null,
  { body, cut }: CheckAnswer,
  reveal: (text: string) => string,
): string | null {
  if (expected === null || body.includes(reveal(expected))) return null;
  return `${cut ? `the first ${MAX_ANSWER_BYTES} bytes of the body have` : "the body has"} no ${JSON.stringify(expected)}`;
}
