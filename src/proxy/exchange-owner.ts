// The seam between the engine, which moves bytes, and whoever decides what becomes of a request.

import type { Exchange } from "./exchange.ts";
import type { OpenTunnel } from "./tunnel-opener.ts";

/**
 * Why an upstream did not answer. No byte of an answer has reached the client yet.
 * - `connect`: no connection came about; nothing was sent.
 * - `lost`: the connection broke after (part of) the request had been sent.
 * - `timeout`: the request was sent, and no head of an answer came in time.
 * - `malformed`: what came is not an HTTP answer that can be passed on.
 */
export interface UpstreamFailure {
  kind: "connect" | "lost" | "timeout" | "malformed";
  /** For people: what was tried, with what. */
  detail: string;
  /** Whether DESIGN §2 rule 4 allows to send the request again. */
  resendable: boolean;
}

/**
 * How an exchange ended.
 * - `answered`: with a whole answer, the upstream's or the gateway's own.
 * - `tunnel`: it opened a tunnel, which lives on by itself.
 * - `abandoned`: the client left.
 * - `cut`: the answer broke off in the middle; the client has been told by the closed connection.
 */
export type Outcome = "answered" | "tunnel" | "abandoned" | "cut";

export interface ExchangeOwner {
  /** The head of the upstream's answer has come and is about to be passed on. */
  onAnswer(exchange: Exchange, status: number): void;
  /** The exchange waits again: forward it, answer it, or let it wait. */
  onUpstreamFailure(exchange: Exchange, failure: UpstreamFailure): void;
  /** The last call about this exchange. */
  onSettled(exchange: Exchange, outcome: Outcome): void;
  /** `exchange` is settled. */
  onTunnelOpened(tunnel: OpenTunnel, exchange: Exchange): void;
}

export interface TunnelOwner {
  /** The upstream's side broke off without a Close frame. Close the tunnel now or later. */
  onUpstreamLost(tunnel: OpenTunnel): void;
  onTunnelClosed(tunnel: OpenTunnel): void;
}

/** Gets each request that the engine accepts. */
export interface RequestHandler {
  /**
   * Called with each valid request, in order on its connection. Sets `exchange.owner` and leads, now or
   * later, to one `forward` or `answer`.
   */
  onRequest(exchange: Exchange): void;
  /** A request that the engine refused by itself. */
  onRefused(reason: string): void;
}
