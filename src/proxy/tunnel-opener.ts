// The seam at which an open WebSocket becomes something else than bytes both ways (src/splice/tunnel).

import type { ClientConnection } from "./client-connection.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import type { TunnelOwner } from "./exchange-owner.ts";
import type { ResponseHead } from "./response-head.ts";
import type { TunnelRegister } from "./tunnel-register.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

/** A peer whose machine is gone is noticed so. */
export const KEEP_ALIVE_MS = 60_000;

/** An open WebSocket between a client and an upstream. */
export interface OpenTunnel {
  /** The target's path, by which policies are chosen. */
  readonly path: string;
  readonly clientAddress: string;
  /** Monotonic milliseconds. */
  readonly openedAt: number;
  /** It was broken off, instead of ended as WebSockets end. */
  readonly wasCut: boolean;
  /** Both sides are there, and nobody has begun to end it. */
  readonly isOpen: boolean;
  owner: TunnelOwner;
  /** Begins to pass; what has already come behind the two heads goes first. */
  start(fromClient: Buffer | null, fromUpstream: Buffer): void;
  /** Sends the client a Close as soon as that can be done, and ends the tunnel. Twice is harmless. */
  close(code: number, reason: string): void;
  /** Breaks both connections. */
  destroy(): void;
}

/** What an upstream gives its tunnels. */
export interface TunnelPool {
  readonly sweep: DeadlineSweep;
  readonly tunnels: TunnelRegister;
}

/** Of one handshake. */
export interface TunnelOpener {
  /** The lines of the client's handshake, each ending in CRLF, as the upstream gets them. */
  request(lines: string): string;
  /** The lines of the upstream's 101 as the client gets them; null: it agrees to what was not offered. */
  answer(head: ResponseHead): string | null;
  open(client: ClientConnection, upstream: UpstreamConnection, pool: TunnelPool): OpenTunnel;
}
