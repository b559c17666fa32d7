// What would not end by itself is asked to: event streams end between two events, and long polls that
// have had no byte of an answer are taken back. Their clients notice nothing: an EventSource comes back by
// itself, and a poll taken back is sent again.

import type { Exchange } from "../proxy/exchange.ts";

/** From this age on a request without a byte of an answer is taken for a long poll. */
const LONG_POLL_MS = 500;

/** Goes over what is in flight; to be called again and again until nothing is. */
export function quieten(
  exchanges: Iterable<Exchange>,
  now: number,
  onRecalled: (exchange: Exchange) => void,
): void {
  for (const exchange of exchanges) {
    if (exchange.eventStream) exchange.endEvents();
    else if (isLongPoll(exchange, now) && exchange.recall()) onRecalled(exchange);
  }
}

function isLongPoll(exchange: Exchange, now: number): boolean {
  return (
    exchange.state === "connecting" || (exchange.state === "sent" && now - exchange.sentAt >= LONG_POLL_MS)
  );
}
