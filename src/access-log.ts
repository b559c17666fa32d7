// One JSON line for each settled request: what came, where it went, what it got, how long it was held.

import pino from "pino";
import type { Clock } from "./lib/clock.ts";
import type { Exchange } from "./proxy/exchange.ts";
import type { Outcome } from "./proxy/exchange-owner.ts";

export interface AccessLog {
  onSettled: (exchange: Exchange, service: string, outcome: Outcome) => void;
  /** Writes what is still in memory. */
  flush: () => void;
}

/** `true` writes to standard output, a string to that file (appended). */
export function openAccessLog(target: true | string, clock: Clock): AccessLog {
  const destination = pino.destination({ dest: target === true ? 1 : target, mkdir: true, sync: false });
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return {
    onSettled(exchange, service, outcome) {
      const { head, status, upstream, heldMs } = exchange;
      log.info({
        service,
        client: head.headers.client,
        method: head.method,
        host: head.headers.host,
        // Queries carry tokens more often than one would like.
        path: head.path,
        status,
        outcome,
        upstream: upstream?.name ?? null,
        heldMs: heldMs < 0 ? null : Math.round(heldMs),
        tookMs: Math.round(clock.now() - exchange.arrivedAt),
      });
    },
    flush: () => log.flush(),
  };
}
