// A request that came through node:http and whose bytes the host moves. For the policy it is an exchange like any other;
// here is the end that its client has.
//
//   waiting ──forward──▶ connecting ──connected──▶ sent: the host has it ──head──▶ answering ──response over──▶ settled
//    ▲  │ answer             │ no connection         │ the host's proxy fails                 ▲
//    │  └────────────────────┼───────────────────────┴── 502 or 504 ──────────────────────────┤
//    └───────────────────────┘                               client leaves, cut: from anywhere ┘
//
// The body stays where node:http has put it until the host has the request.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Engine } from "../proxy/engine.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { ClaimedAddress, ExchangeClient } from "../proxy/exchange-ends.ts";
import { type LocalAnswer, ownLines } from "../proxy/local-answer.ts";
import type { RequestHead } from "../proxy/request-head.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { failureKind } from "./failure-kind.ts";
import { headerPairs } from "../proxy/header-pairs.ts";
import { HostedConnection } from "./hosted-connection.ts";
import { tapRequest, tapResponse } from "./hosted-tap.ts";
import { observeHead } from "./observe-head.ts";
import { type KeptHeaders, keepHeaders, restoreHeaders } from "./kept-headers.ts";
import { ReadAhead } from "./read-ahead.ts";
import type { ReadyConnections } from "./ready-connections.ts";
import { hideHeader, rewriteRequest } from "./rewrite-request.ts";
import { type Admitted, targetOf } from "./admitted.ts";

export interface HostedRequestOptions {
  engine: Engine;
  ready: ReadyConnections;
  service: string;
  req: IncomingMessage;
  res: ServerResponse;
  /** It may go now, there and nowhere else. Called once at most. */
  onAdmitted: (admitted: Admitted) => void;
}

export class HostedRequest implements ExchangeClient {
  readonly #options: HostedRequestOptions;
  readonly #ahead: ReadAhead;
  #exchange: Exchange | null = null;
  /** Those of the response when the host got the request. */
  #headers: KeptHeaders | null = null;

  constructor(options: HostedRequestOptions) {
    this.#options = options;
    this.#ahead = new ReadAhead(options.req, options.engine.bodyMemory);
  }

  get socket(): Socket {
    return this.#options.req.socket;
  }

  begin(head: RequestHead): void {
    const { engine, res } = this.#options;
    res.once("close", this.#onClose);
    // The host's proxy may end the response once more, in its own words; that must not end the process.
    res.on("error", ignore);
    const { contentLength, chunked } = head.headers;
    if (chunked || contentLength > 0) this.#ahead.begin();
    this.#exchange = engine.begin(this, head);
  }

  /** The host's proxy could not get an answer. False when it is too late for another one. */
  fail(error: unknown): boolean {
    const exchange = this.#exchange;
    const { res } = this.#options;
    if (exchange === null || exchange.state === "settled") return false;
    const isUnanswered = exchange.state === "sent" && !res.headersSent;
    if (isUnanswered) exchange.address?.onLost();
    const upstream = exchange.upstream?.name ?? "";
    const reason = error instanceof Error ? error.message : String(error);
    const detail = `upstream ${upstream} failed behind the host's proxy: ${reason}`;
    exchange.onUpstreamFailure({ kind: failureKind(error), detail });
    return isUnanswered;
  }

  carry(exchange: Exchange, upstream: Upstream): HostedConnection {
    const { engine, ready, res } = this.#options;
    const address = upstream.claim(exchange);
    return new HostedConnection({
      exchange,
      address,
      upstream: upstream.name,
      sweep: engine.sweep,
      ready,
      whenReady: (then) => this.#whenReady(exchange, then),
      onConnected: () => this.#handOver(exchange, upstream, address),
      // What has been written still goes out; the browser comes back by itself.
      endEvents: () => {
        res.socket?.destroySoon();
        exchange.settle("answered", false);
      },
    });
  }

  answer(answer: LocalAnswer, exchange: Exchange): void {
    const { res } = this.#options;
    if (res.headersSent) return void res.destroy();
    if (this.#headers !== null) restoreHeaders(res, this.#headers);
    for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value);
    for (const [name, value] of headerPairs(ownLines(exchange, res.hasHeader("x-request-id"))))
      res.appendHeader(name, value);
    res.setHeader("Content-Length", Buffer.byteLength(answer.body));
    res.writeHead(answer.status).end(answer.body);
  }

  canKeepAlive(asked: boolean): boolean {
    return asked;
  }

  destroy(): void {
    this.#options.res.destroy();
  }

  breakOff(): void {
    this.#options.res.destroy();
  }

  // The host's server looks after its connections and their bodies by itself.
  closeWhenIdle(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  onExchangeOver(): void {}
  onTunnel(): void {}

  /** Who has waited may have left, and the kernel alone knows. */
  #whenReady(exchange: Exchange, then: () => void): void {
    if (exchange.heldSince < 0) then();
    else this.#ahead.catchUp(then);
  }

  #handOver(exchange: Exchange, upstream: Upstream, address: ClaimedAddress): void {
    const { engine, req, res, service, onAdmitted } = this.#options;
    exchange.handOver(engine.sweep.now());
    this.#ahead.end();
    this.#headers = keepHeaders(res);
    rewriteRequest(req, exchange.head.headers, exchange.requestLines);
    const tapHead = this.#tap(exchange);
    observeHead(res, (status, isEventStream) => {
      // One of our own, given because the host's proxy failed.
      if (exchange.state !== "sent") return [];
      address.onAnswered();
      exchange.onAnswerHead(status, isEventStream);
      tapHead?.(status);
      return headerPairs(ownLines(exchange, res.hasHeader("x-request-id")));
    });
    onAdmitted({ service, upstream: upstream.name, url: address.url, target: targetOf(address.url) });
  }

  /** Null: nobody reads along. Bodies are to come plain. */
  #tap({ tap, requestComplete }: Exchange): ((status: number) => void) | null {
    const { req, res } = this.#options;
    if (tap === null) return null;
    hideHeader(req, "accept-encoding");
    tapRequest(req, tap, requestComplete);
    return tapResponse(res, tap);
  }

  readonly #onClose = (): void => {
    const exchange = this.#exchange;
    const { engine, res } = this.#options;
    this.#ahead.end();
    if (exchange !== null && exchange.state !== "settled") {
      if (res.writableFinished) exchange.settle("answered", true);
      else exchange.onClientLeft();
    }
    engine.leave(this);
  };
}

function ignore(): void {}
