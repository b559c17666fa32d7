// A long poll: the answer waits until there is something new, or until the timeout with an empty list.

import { answerJson } from "./answer-json.ts";
import type { ChatApp, Exchange } from "./chat-app.ts";
import { parseCount } from "./parse-input.ts";

const DEFAULT_TIMEOUT_MS = 25_000;
const LONGEST_TIMEOUT_MS = 60_000;
const BATCH = 500;

export async function pollMessages({ response, query, room }: Exchange, app: ChatApp): Promise<void> {
  const afterId = parseCount(query, "after", 0);
  const timeoutMs = Math.min(parseCount(query, "timeout", DEFAULT_TIMEOUT_MS), LONGEST_TIMEOUT_MS);
  const news = () => app.store.inRoomAfter(room, afterId, BATCH);
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  const answerNow = () => resolve();
  const stopFollowing = app.feed.follow(room, null, answerNow);
  const timer = setTimeout(answerNow, timeoutMs);
  app.closing.addEventListener("abort", answerNow);
  response.once("close", answerNow);
  // Looked at only now that the feed is followed, or a message in between would go unnoticed.
  if (news().length > 0 || app.closing.aborted) answerNow();
  await enough;
  stopFollowing();
  clearTimeout(timer);
  app.closing.removeEventListener("abort", answerNow);
  if (response.destroyed) return;
  app.counters.polls++;
  answerJson(response, 200, news());
}
