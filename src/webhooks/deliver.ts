// One attempt to hand a post over. What went wrong is told without the address: that may be a secret.

import type { Clock } from "../lib/clock.ts";
import { formatDuration } from "../lib/duration.ts";

export type Delivery =
  | { outcome: "delivered" }
  /** 410: the receiver wants no more. */
  | { outcome: "gone" }
  | { outcome: "failed"; reason: string; retryAfterMs: number };

export interface Attempt {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
  clock: Clock;
  signal: AbortSignal;
}

const LONGEST_RETRY_AFTER_S = 300;

export async function deliver({ url, headers, body, timeoutMs, clock, signal }: Attempt): Promise<Delivery> {
  const tooLate = new AbortController();
  const timer = clock.after(timeoutMs, () => tooLate.abort());
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": "holdgate", ...headers },
      body,
      // A redirect would carry the post, and what signs it, to somebody the operator has not named.
      redirect: "manual",
      signal: AbortSignal.any([signal, tooLate.signal]),
    });
    // Nobody reads the rest, and unread it would keep the connection.
    answer.body?.cancel().catch(() => {});
    return judge(answer);
  } catch (error) {
    const reason = tooLate.signal.aborted ? `no answer within ${formatDuration(timeoutMs)}` : reasonOf(error);
    return { outcome: "failed", reason, retryAfterMs: 0 };
  } finally {
    timer.cancel();
  }
}

function judge({ status, ok, headers }: Response): Delivery {
  if (ok) return { outcome: "delivered" };
  if (status === 410) return { outcome: "gone" };
  const seconds = Number(headers.get("retry-after"));
  const retryAfterMs = seconds > 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_S) * 1000 : 0;
  return { outcome: "failed", reason: `answered ${status}`, retryAfterMs };
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && "code" in cause) return `no connection (${String(cause.code)})`;
  return error instanceof Error && error.name === "AbortError" ? "broken off" : "no connection";
}
