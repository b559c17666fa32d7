// The names by which a request is found again in every log it passes: X-Request-Id, and the traceparent of W3C Trace
// Context. What came with the request and is well-formed is kept (proxy/request-headers.ts); what is missing is made.

import { randomFillSync } from "node:crypto";
import type { Exchange } from "../proxy/exchange.ts";

export interface RequestIdentityOptions {
  requestIds: boolean;
  tracing: boolean;
}

export class RequestIdentity {
  readonly #requestIds: boolean;
  readonly #tracing: boolean;
  readonly #digits = new RandomDigits();

  constructor({ requestIds, tracing }: RequestIdentityOptions) {
    this.#requestIds = requestIds;
    this.#tracing = tracing;
  }

  /** Adds what is missing to the request, and the id to its answer. */
  mark(exchange: Exchange): void {
    const { headers } = exchange.head;
    if (this.#requestIds) this.#identify(exchange, headers.requestId);
    else exchange.requestId = headers.requestId;
    exchange.traceparent = headers.traceparent;
    if (this.#tracing && headers.traceparent === "") this.#trace(exchange);
  }

  #identify(exchange: Exchange, given: string): void {
    const id = given === "" ? this.#digits.take(32) : given;
    const line = `X-Request-Id: ${id}\r\n`;
    exchange.requestId = id;
    exchange.requestIdLine = line;
    if (given === "") exchange.requestLines += line;
  }

  /** Marked as sampled: apps that ask the flag whether to record would otherwise record nothing. */
  #trace(exchange: Exchange): void {
    exchange.traceparent = `00-${this.#digits.take(32)}-${this.#digits.take(16)}-01`;
    exchange.requestLines += `traceparent: ${exchange.traceparent}\r\n`;
  }
}

const POOL_BYTES = 4_096;

/** Hexadecimal digits from a pool: asking the system for each id would cost more than all the rest of it. */
class RandomDigits {
  readonly #bytes = Buffer.allocUnsafe(POOL_BYTES);
  #digits = "";
  #at = 0;

  take(count: number): string {
    if (this.#at + count > this.#digits.length) this.#refill();
    const from = this.#at;
    this.#at += count;
    return this.#digits.slice(from, this.#at);
  }

  #refill(): void {
    this.#digits = randomFillSync(this.#bytes).toString("hex");
    this.#at = 0;
  }
}
