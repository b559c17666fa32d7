// The two ends of an exchange, as far as it knows them: where its request came from, and where that goes.
// ClientConnection and UpstreamConnection are these in the gateway; where a server of somebody else's moves the bytes
// (src/middleware), that server is.

import type { NetConnectOpts, Socket } from "node:net";
import type { UpstreamTimeouts } from "./engine-options.ts";
import type { Exchange } from "./exchange.ts";
import type { LocalAnswer } from "./local-answer.ts";
import type { Upstream } from "./upstream.ts";

/** What the engine waits for when it closes. */
export interface EngineClient {
  /** No further request is taken; the one under way may finish. */
  closeWhenIdle(): void;
  /** Cuts the connection. */
  destroy(): void;
}

export interface ExchangeClient extends EngineClient {
  readonly socket: Socket;
  /** Claims and sends, in one synchronous step. */
  carry(exchange: Exchange, upstream: Upstream): ExchangeConnection;
  /** Gives an answer of our own. */
  answer(answer: LocalAnswer, exchange: Exchange, keepAlive: boolean): void;
  canKeepAlive(asked: boolean): boolean;
  /** Stops reading the body of the current request. */
  pauseBody(): void;
  resumeBody(): void;
  /** The answer under way will not become whole. */
  breakOff(): void;
  /** The exchange has been answered. */
  onExchangeOver(keepAlive: boolean): void;
  /** It has opened a tunnel. */
  onTunnel(): void;
}

export interface ExchangeConnection {
  /** The exchange has ended, or was taken away from here. */
  onExchangeOver(exchange: Exchange): void;
  /** Ends an event stream at the next boundary between two events. */
  endEvents(): void;
  /** The client takes bytes again. */
  resumeReading(): void;
  /** Sends a piece of the body on. False when it is taken more slowly than it comes. */
  writeBytes(piece: Buffer): boolean;
}

/** An address of an upstream, chosen and counted for an exchange whose bytes somebody else moves. */
export interface ClaimedAddress {
  /** `http://host:port` or `unix:/path`. */
  readonly url: string;
  readonly target: NetConnectOpts;
  readonly timeouts: UpstreamTimeouts;
  /** No connection came about. `nobodyThere`: whoever answered there is gone (connect-reason.ts). */
  onConnectFailed(nobodyThere: boolean): void;
  /** A connection that stood broke before an answer came. */
  onLost(): void;
  onAnswered(): void;
  /** To be called once, when the exchange is over there. */
  release(): void;
}
