// A request to somebody else's API. It carries a key, the same on every attempt, by which the other side can tell that
// it is the same request; where it cannot, a request whose answer was lost is not sent again.

import type { Handler, PerformContext } from "./handler.ts";
import type { OperationOf } from "./operation.ts";
import { revealValues } from "./reveal-env.ts";
import { StepFailure } from "./step-failure.ts";

type Http = OperationOf<"http">;

/** Codes of failures before a byte was sent. */
const UNSENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
const SHOWN_CHARACTERS = 500;
/** An answer without an end must not be waited for, nor kept. */
const READ_BYTES = 64 * 1024;

export const http: Handler<"http"> = {
  async perform(operation, context) {
    if (!operation.idempotent) await sendOnce(operation, context);
    const response = await send(operation, context);
    const text = await beginningOf(response);
    if (isAllowed(response.status, operation)) return { status: response.status };
    // What was answered is known, so a retry that the plan declares may send it again.
    await context.note({ sent: false });
    // Cut first, a part of a secret could be left.
    const shown = text === "" ? "" : `: ${context.redact(text).slice(0, SHOWN_CHARACTERS)}`;
    throw new StepFailure(`${what(operation)} answered ${response.status}${shown}`);
  },
  inverse: () => [],
};

/** Notes that it is going out; when that was noted before, nobody knows whether it arrived. */
async function sendOnce(operation: Http, context: PerformContext): Promise<void> {
  if (context.notes["sent"] === true)
    throw unknownOutcome(operation, "the runner stopped before the answer came");
  await context.note({ sent: true });
}

async function send(operation: Http, context: PerformContext): Promise<Response> {
  const { url, method, body, headers } = operation;
  try {
    return await fetch(url, {
      method,
      headers: { "idempotency-key": `${context.run.id}/${operation.id}`, ...revealValues(headers, context) },
      body: body === null ? null : context.reveal(body),
      // A redirect would repeat the request at an address that the plan does not name.
      redirect: "manual",
      signal: context.signal,
    });
  } catch (cause) {
    if (context.signal.aborted && operation.idempotent) throw cause;
    const reason = reasonOf(cause);
    if (operation.idempotent || UNSENT.has(reason.code)) {
      await context.note({ sent: false });
      throw new StepFailure(`${what(operation)} failed: ${reason.text}`, "failed", { cause });
    }
    throw unknownOutcome(operation, reason.text, cause);
  }
}

/** The status is the answer; a body that breaks off changes nothing of it. */
async function beginningOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body ?? []) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= READ_BYTES) break;
    }
  } catch {
    // What came is shown.
  }
  return Buffer.concat(chunks).toString("utf8");
}

function unknownOutcome(operation: Http, why: string, cause?: unknown): StepFailure {
  const remedy =
    "find out whether it was carried out: a resume sends it again with the same Idempotency-Key, a rollback goes back";
  return new StepFailure(`${what(operation)}: ${why}; ${remedy}`, "needs-a-person", { cause });
}

function reasonOf(error: unknown): { code: string; text: string } {
  const root = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(root instanceof Error)) return { code: "", text: String(root) };
  return { code: "code" in root ? String(root.code) : "", text: root.message };
}

function isAllowed(status: number, operation: Http): boolean {
  return operation.status.some(({ from, to }) => status >= from && status <= to);
}

/** Without the query, which may be long. */
function what({ method, url }: Http): string {
  return `${method} ${url.split("?")[0]}`;
}
