// A report as people read it.

import { lossesOf, type Report } from "./report.ts";

export function describeReport(report: Report): string[] {
  const { requests, failures, posts, heard } = report;
  const losses = lossesOf(report);
  return [
    `requests    ${requests.sent} sent, ${requests.answered} answered, ${requests.failed} failed`,
    ...[...failures].map(([why, count]) => `            ${count} × ${why}`),
    `POSTs       ${posts.sent} sent, ${posts.storedOnce} stored exactly once, ${posts.lost} lost, ${posts.doubled} doubled`,
    `listeners   ${heard.listeners} heard ${heard.messages} messages each: ${heard.missed} missed, ${heard.doubled} doubled`,
    `WebSockets  ${describeWebSockets(report)}`,
    `streams     ${report.streamsEnded} ended and were resumed`,
    `pause       ${describeMs(report.longestPauseMs)} at the longest`,
    `lost: ${losses.length === 0 ? "nothing" : losses.join(", ")}`,
  ];
}

function describeWebSockets({ webSockets: { closes, closed, backAtFirstTry, backLater } }: Report): string {
  if (closed === 0) return "none was closed";
  const codes = [...closes].map(([code, count]) => `${count} with ${code}`).join(", ");
  const later = backLater > 0 ? `, ${backLater} later` : "";
  return `${closed} closed (${codes}), ${backAtFirstTry} back at the first try${later}`;
}

function describeMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
