// Compares what the chatters sent and heard with what the app stored: the exact counts of one act.

import type { Heard } from "./heard.ts";
import type { Tally } from "./tally.ts";

export interface StoredMessage {
  id: number;
  key: string | null;
}

export interface Report {
  requests: { sent: number; answered: number; failed: number };
  failures: ReadonlyMap<string, number>;
  posts: { sent: number; storedOnce: number; lost: number; doubled: number };
  heard: { listeners: number; messages: number; missed: number; doubled: number };
  webSockets: {
    closes: ReadonlyMap<number, number>;
    closed: number;
    backAtFirstTry: number;
    backLater: number;
  };
  streamsEnded: number;
  longestPauseMs: number;
}

export function makeReport(tally: Tally, stored: readonly StoredMessage[], ears: readonly Heard[]): Report {
  const heard = ears.map((ear) => ear.compare(stored.map(({ id }) => id)));
  return {
    requests: { sent: tally.sent, answered: tally.answered, failed: tally.failed },
    failures: tally.failures,
    posts: comparePosts(tally.postedKeys, stored),
    heard: {
      listeners: ears.length,
      messages: stored.length,
      missed: sum(heard.map(({ missed }) => missed)),
      doubled: sum(heard.map(({ doubled }) => doubled)),
    },
    webSockets: {
      closes: tally.webSocketCloses,
      closed: sum(tally.webSocketCloses.values()),
      backAtFirstTry: tally.backAtFirstTry,
      backLater: tally.backLater,
    },
    streamsEnded: tally.streamsEnded,
    longestPauseMs: tally.longestPauseMs,
  };
}

/** What was lost, in words; empty when nothing was. */
export function lossesOf({ requests, posts, heard, webSockets }: Report): string[] {
  const unanswered = requests.sent - requests.answered - requests.failed;
  const losses: [number, string][] = [
    [requests.failed, "requests failed"],
    [unanswered, "requests were never answered"],
    [posts.lost, "posted messages were lost"],
    [posts.doubled, "posted messages were stored more than once"],
    [heard.missed, "messages were not heard"],
    [heard.doubled, "messages were heard twice"],
    [webSockets.closed - webSockets.backAtFirstTry, "WebSockets were not back at the first try"],
  ];
  return losses.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

function comparePosts(sentKeys: readonly string[], stored: readonly StoredMessage[]): Report["posts"] {
  const timesByKey = new Map<string | null, number>();
  for (const { key } of stored) timesByKey.set(key, (timesByKey.get(key) ?? 0) + 1);
  const times = sentKeys.map((key) => timesByKey.get(key) ?? 0);
  return {
    sent: times.length,
    storedOnce: times.filter((count) => count === 1).length,
    lost: times.filter((count) => count === 0).length,
    doubled: times.filter((count) => count > 1).length,
  };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
