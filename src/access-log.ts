// One JSON line for each settled request: what came, where it went, what it got, how long it was held.

import { mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import pino, { type Logger } from "pino";
import type { Clock } from "./lib/clock.ts";
import { GatewayError } from "./lib/gateway-error.ts";
import type { Exchange } from "./proxy/exchange.ts";
import type { Outcome } from "./proxy/exchange-owner.ts";

const STANDARD_OUTPUT = 1;
/** What comes on top, because the disk is full or slow, is dropped. */
const MOST_UNWRITTEN_BYTES = 16 * 1024 * 1024;

export interface AccessLog {
  onSettled: (exchange: Exchange, service: string, outcome: Outcome) => void;
  close: () => void;
}

/**
 * `true` writes to standard output, a string to that file (appended). Throws `config_invalid` for a file that
 * cannot be opened. Later on the requests matter more than their log: a full disk is only complained of.
 */
export function openAccessLog(target: true | string, clock: Clock, complaints: Logger): AccessLog {
  const dest = target === true ? STANDARD_OUTPUT : openToAppend(target);
  const destination = pino.destination({ dest, sync: false, maxLength: MOST_UNWRITTEN_BYTES });
  let isBroken = false;
  destination.on("write", () => (isBroken = false));
  destination.on("error", (err: Error) => {
    if (!isBroken) complaints.warn({ err }, "the access log cannot be written; requests go on without it");
    isBroken = true;
  });
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
    // What is still in memory is written by pino when the process ends: for ever trying, if it cannot be.
    close: () => void (isBroken && destination.destroy()),
  };
}

function openToAppend(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, "a");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy = "name another file under `accessLog`, or let this user write there";
    throw new GatewayError("config_invalid", `cannot write the access log ${file} (${reason}); ${remedy}`, {
      cause,
    });
  }
}
