// What the access log knows of one settled request. Never its query, cookies or Authorization.

import type { Socket } from "node:net";
import type { Exchange } from "../proxy/exchange.ts";
import type { Outcome } from "../proxy/exchange-owner.ts";

export interface AccessRecord {
  service: string;
  client: string;
  method: string;
  host: string;
  path: string;
  status: number;
  outcome: Outcome;
  upstream: string | null;
  /** The upstream's slot when the request was last sent. */
  slot: string | null;
  heldMs: number | null;
  tookMs: number;
  /** Head and body of the answer, as they were given to the client's socket. */
  bytesSent: number;
  requestId: string | null;
  traceId: string | null;
}

/** Counts what each connection has been sent, so that the hot path does not have to. */
export class SentBytes {
  readonly #before = new WeakMap<Socket, number>();

  /** Since the last call for this connection. */
  since(socket: Socket): number {
    const now = socket.bytesWritten;
    const sent = now - (this.#before.get(socket) ?? 0);
    this.#before.set(socket, now);
    return sent;
  }
}

export function accessRecord(
  exchange: Exchange,
  service: string,
  outcome: Outcome,
  measured: { now: number; bytesSent: number },
): AccessRecord {
  const { head, status, upstream, slot, heldMs, requestId, traceparent } = exchange;
  return {
    service,
    client: head.headers.client,
    method: head.method,
    host: head.headers.host,
    path: head.path,
    status,
    outcome,
    upstream: upstream?.name ?? null,
    slot: slot === "" ? null : slot,
    heldMs: heldMs < 0 ? null : Math.round(heldMs),
    tookMs: Math.round(measured.now - exchange.arrivedAt),
    bytesSent: measured.bytesSent,
    requestId: requestId === "" ? null : requestId,
    traceId: traceparent === "" ? null : traceparent.slice(TRACE_ID_AT, TRACE_ID_AT + TRACE_ID_LENGTH),
  };
}

// 00-<trace id>-<parent id>-<flags>
const TRACE_ID_AT = 3;
const TRACE_ID_LENGTH = 32;
