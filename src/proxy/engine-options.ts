// What the engine is told about bounds and patience. The names and defaults are those of the config.

import type { BlockList } from "node:net";

/** Bounds on what a peer may send before it is refused. */
export interface HeadLimits {
  requestLineBytes: number;
  headBytes: number;
  headers: number;
}

/** How long a client may take. */
export interface ClientTimeouts {
  /** From the first byte of a head to its last. */
  headMs: number;
  /** Between two requests. */
  idleMs: number;
  /** Without (enough) progress inside a request body. */
  bodyStallMs: number;
}

/** How long an upstream may take. */
export interface UpstreamTimeouts {
  connectMs: number;
  /** From the request's last byte to the end of the answer's head. */
  responseHeadMs: number;
  /** Between two pieces of an answer's body; event streams are exempt. */
  responseStallMs: number;
  /** A pooled connection without work. */
  idleUpstreamMs: number;
}

export interface ClientSettings {
  limits: HeadLimits;
  timeouts: ClientTimeouts;
  /** Peers whose X-Forwarded-* are believed. */
  trustedProxies: BlockList;
  /** Bytes of body kept of one request so that it can be sent again. */
  replayBodyBytes: number;
}

export const DEFAULT_LIMITS: HeadLimits = { requestLineBytes: 8192, headBytes: 32_768, headers: 200 };
export const DEFAULT_CLIENT_TIMEOUTS: ClientTimeouts = {
  headMs: 10_000,
  idleMs: 75_000,
  bodyStallMs: 30_000,
};
export const DEFAULT_UPSTREAM_TIMEOUTS: UpstreamTimeouts = {
  connectMs: 2000,
  responseHeadMs: 60_000,
  responseStallMs: 300_000,
  idleUpstreamMs: 55_000,
};
