// One line for each settled request: what came, where it went, what it got, how long it was held.

import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import pino, { type Logger } from "pino";
import type { AccessLogSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { Outcome } from "../proxy/exchange-owner.ts";
import { type AccessRecord, accessRecord, SentBytes } from "./access-record.ts";
import { combinedLine } from "./combined-line.ts";

const STANDARD_OUTPUT = 1;
/** What comes on top, because the disk is full or slow, is dropped. */
const MOST_UNWRITTEN_BYTES = 16 * 1024 * 1024;

export interface AccessLog {
  onSettled: (exchange: Exchange, service: string, outcome: Outcome) => void;
  /** Goes on in a new file when the old one was moved away, as log rotation does. */
  reopen: () => void;
  close: () => void;
}

type Destination = ReturnType<typeof pino.destination>;
type WriteRecord = (record: AccessRecord, exchange: Exchange) => void;

/**
 * A file is appended to. Throws `config_invalid` for one that cannot be opened. Later on the requests matter
 * more than their log: a full disk is only complained of.
 */
export function openAccessLog(
  { file, format }: AccessLogSettings,
  clock: Clock,
  complaints: Logger,
): AccessLog {
  const dest = file ?? STANDARD_OUTPUT;
  if (file !== null) tryToAppend(file);
  const destination = pino.destination({ dest, sync: false, maxLength: MOST_UNWRITTEN_BYTES });
  let isBroken = false;
  destination.on("write", () => (isBroken = false));
  destination.on("error", (err: Error) => {
    if (!isBroken) complaints.warn({ err }, "the access log cannot be written; requests go on without it");
    isBroken = true;
  });
  const write = format === "json" ? jsonWriter(destination) : combinedWriter(destination, clock);
  const sentBytes = new SentBytes();
  return {
    onSettled(exchange, service, outcome) {
      const measured = { now: clock.now(), bytesSent: sentBytes.since(exchange.client.socket) };
      write(accessRecord(exchange, service, outcome, measured), exchange);
    },
    reopen: () => void (file !== null && destination.reopen(file)),
    // What is still in memory is written by pino when the process ends: for ever trying, if it cannot be.
    close: () => void (isBroken && destination.destroy()),
  };
}

function jsonWriter(destination: Destination): WriteRecord {
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (record) => log.info(record);
}

function combinedWriter(destination: Destination, clock: Clock): WriteRecord {
  return (record, { head }) => {
    const referer = head.header("referer");
    const sent = { version: head.headers.version, referer, userAgent: head.header("user-agent") };
    destination.write(`${combinedLine(record, sent, clock.wall())}\n`);
  };
}

// The destination opens it by itself, so that it can do so again; but tells of a failure only later.
function tryToAppend(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, "a"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const remedy = "name another file under `accessLog`, or let this user write there";
    throw new GatewayError("config_invalid", `cannot write the access log ${file} (${reason}); ${remedy}`, {
      cause,
    });
  }
}
