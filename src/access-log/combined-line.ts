// The combined format of Apache and nginx, which tools for web logs read, with what only Holdgate knows behind it:
//
//   192.0.2.7 - - [01/Mar/2026:22:30:00 +0000] "GET /chat HTTP/1.1" 200 512 "-" "Mozilla/5.0" service=chat …
//
// All that a client sends is escaped as nginx does, so that no request can write a line of its own.

import type { AccessRecord } from "./access-record.ts";

export interface SentByClient {
  version: string;
  referer: string | undefined;
  userAgent: string | undefined;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Without a line end. `wallMs`: milliseconds since 1970. */
export function combinedLine(record: AccessRecord, sent: SentByClient, wallMs: number): string {
  const { client, method, path, status, bytesSent } = record;
  const request = `${escaped(method)} ${escaped(path)} HTTP/${sent.version}`;
  const referer = escaped(withoutQuery(sent.referer ?? "-"));
  const userAgent = escaped(sent.userAgent ?? "-");
  const common = `${escaped(client)} - - [${dateOf(wallMs)}] "${request}" ${status} ${bytesSent}`;
  return `${common} "${referer}" "${userAgent}" ${ownFields(record)}`;
}

function ownFields(record: AccessRecord): string {
  const { service, host, outcome, upstream, slot, heldMs, tookMs, requestId, traceId } = record;
  const fields = {
    service,
    host: escaped(host),
    outcome,
    upstream,
    slot,
    heldMs,
    tookMs,
    requestId,
    traceId,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value === null || value === "" ? "-" : value}`)
    .join(" ");
}

/** 01/Mar/2026:22:30:00 +0000 */
function dateOf(wallMs: number): string {
  const date = new Date(wallMs);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${two(date.getUTCDate())}/${MONTHS[date.getUTCMonth()]}/${date.getUTCFullYear()}`;
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(":");
  return `${day}:${time} +0000`;
}

function escaped(text: string): string {
  return text.replace(/[^ !#-[\]-~]/g, (char) => `\\x${hex(char.charCodeAt(0))}`);
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, "0");
}

/** The page before may have had a token in its query, too. */
function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end < 0 ? url : url.slice(0, end);
}
