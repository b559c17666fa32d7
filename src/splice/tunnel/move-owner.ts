// The seam between a spliced tunnel and those who decide when it is moved (src/gateway).

import type { Clock } from "../../lib/clock.ts";
import type { DeadlineSweep } from "../../proxy/deadline-sweep.ts";
import type { TunnelRegister } from "../../proxy/tunnel-register.ts";
import type { Upstream } from "../../proxy/upstream.ts";
import type { KeptBudget } from "./kept-messages.ts";
import type { SplicedTunnel } from "./spliced-tunnel.ts";
import type { MoveFailure } from "./upstream-link.ts";

export interface SpliceBounds {
  /** Of one client, kept while it has no upstream. */
  maxBytes: number;
  /** Of one message. */
  maxMessageBytes: number;
  /** What was written within this time before a loss, and not answered since, may be lost. */
  unknownWindowMs: number;
}

/** Who decides on the moves. */
export interface MoveOwner {
  /** Whether the tunnel goes on when its upstream is gone. */
  survivesLoss(tunnel: SplicedTunnel): boolean;
  /** The end of `leave`. `obstacle`: why it cannot be moved; without an upstream already when `isParked`. */
  onLeft(tunnel: SplicedTunnel, obstacle: string | null): void;
  onMoved(tunnel: SplicedTunnel, upstream: Upstream, gapMs: number): void;
  /** It is parked again. */
  onMoveFailed(tunnel: SplicedTunnel, failure: MoveFailure): void;
  /** The client said more than is kept, and was sent away. */
  onOverflow(tunnel: SplicedTunnel): void;
}

/** What the tunnels of a service share. */
export interface SpliceShared {
  readonly clock: Clock;
  readonly sweep: DeadlineSweep;
  readonly budget: KeptBudget;
  /** Those without an upstream. */
  readonly parked: TunnelRegister;
  readonly moves: MoveOwner;
  bounds: SpliceBounds;
}
