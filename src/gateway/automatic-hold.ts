// The hold that nobody asked for: while the active upstream cannot be reached, requests wait, and a probe
// looks for its return.
//
//   none ──a connection fails──▶ holding ──lease over──▶ over-lease
//    ▲                             │ it answers             │
//    └─────────────────────────────┴────────────────────────┘

import type { HealthSettings } from "../config/settings.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { ReachabilityProbe } from "./reachability-probe.ts";

export type AutomaticHoldState = "none" | "holding" | "over-lease";

export interface AutomaticHoldOptions {
  clock: Clock;
  onStarted: (upstream: string, reason: string) => void;
  /** It answers again, or is not awaited any longer. */
  onEnded: (upstream: string, heldMs: number) => void;
  onLeaseOver: () => void;
}

/** Of whom the return is awaited. */
export interface Awaited {
  name: string;
  urls: string[];
  health: HealthSettings;
}

export class AutomaticHold {
  state: AutomaticHoldState = "none";
  /** Milliseconds since 1970; null while the upstream can be reached. */
  since: number | null = null;

  readonly #options: AutomaticHoldOptions;
  #startedAt = 0;
  #probe: ReachabilityProbe | null = null;
  #lease: Timer | null = null;
  #awaited: Awaited | null = null;

  constructor(options: AutomaticHoldOptions) {
    this.#options = options;
  }

  /** A connection to the active upstream failed. Harmless when the hold is on already. */
  start(upstream: Awaited, reason: string, leaseMs: number): void {
    if (this.state !== "none") return;
    const { clock, onStarted } = this.#options;
    this.state = "holding";
    this.#awaited = upstream;
    this.since = clock.wall();
    this.#startedAt = clock.now();
    this.#lease = clock.after(leaseMs, () => {
      this.state = "over-lease";
      this.#options.onLeaseOver();
    });
    this.#probe = new ReachabilityProbe({
      clock,
      urls: upstream.urls,
      path: upstream.health.path,
      host: upstream.health.host,
      timeoutMs: upstream.health.timeoutMs,
      onReachable: () => this.end(),
    });
    this.#probe.start();
    onStarted(upstream.name, reason);
  }

  /** It answers, or is not awaited any longer. Harmless when the hold is not on. */
  end(): void {
    const awaited = this.#awaited;
    if (!awaited) return;
    this.cancel();
    this.#options.onEnded(awaited.name, this.#options.clock.now() - this.#startedAt);
  }

  /** Ends without a word. */
  cancel(): void {
    this.#probe?.stop();
    this.#lease?.cancel();
    this.#probe = null;
    this.#awaited = null;
    this.state = "none";
    this.since = null;
  }
}
