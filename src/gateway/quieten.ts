// What would not end by itself is asked to: event streams end between two events, and long polls that
// have had no byte of an answer are taken back. Their clients notice nothing: an EventSource comes back by
// itself, and a poll taken back is sent again.

import type { Exchange } from "../proxy/exchange.ts";
import { isSessionPoll } from "./request-kinds.ts";

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

/**
 * What a hold waits for. A poll that would take its session along is left where it is: the upstream may still be there
 * after the hold, and if it is stopped meanwhile, the poll is lost without a byte of an answer, and waits then.
 */
export function* disturbing(exchanges: Iterable<Exchange>): Generator<Exchange, void> {
  for (const exchange of exchanges) {
    // One of those who look in the middle of a hold: it would never settle if it waited for them.
    if (!exchange.exempt && !isListening(exchange)) yield exchange;
  }
}

/** For a session: a poll without a byte of an answer, or a stream that goes on and on. */
function isListening(exchange: Exchange): boolean {
  const isBound = exchange.binding?.listens ?? false;
  if (exchange.state === "sent") return isBound || isSessionPoll(exchange);
  return isBound && exchange.state === "answering" && (exchange.eventStream || exchange.lineStream);
}

function isLongPoll(exchange: Exchange, now: number): boolean {
  return (
    exchange.state === "connecting" || (exchange.state === "sent" && now - exchange.sentAt >= LONG_POLL_MS)
  );
}
