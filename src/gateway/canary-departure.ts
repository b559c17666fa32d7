// The sessions of long-polling that a canary has brought to its candidate: when it is nobody's turn any more (0 %, no
// canary, not healthy), they leave as they leave an upstream that drains, and their clients come back to the active one.
// While only fewer go there they stay: which session is whose cannot be told without cookies.
//
//   home ── nobody's turn ──▶ leaving ── none left, or drainTimeout ──▶ (over)
//     ▲                          │ the candidate has its share again, or is active
//     └──────────────────────────┘

import type { Clock, Timer } from "../lib/clock.ts";
import type { DepartingSessions } from "./drain.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import type { ServiceUpstreams } from "./service-upstreams.ts";

export interface CanaryDepartureOptions {
  clock: Clock;
  upstreams: ServiceUpstreams;
  departure: (upstream: ServiceUpstream) => DepartingSessions;
  timeoutMs: () => number;
}

interface Leaving {
  sessions: DepartingSessions;
  until: number;
  timer: Timer | null;
}

const LOOK_MS = 100;

export class CanaryDeparture {
  readonly #options: CanaryDepartureOptions;
  readonly #leaving = new Map<ServiceUpstream, Leaving>();
  #home: ServiceUpstream | null = null;

  constructor(options: CanaryDepartureOptions) {
    this.#options = options;
  }

  /** `home`: the candidate, while it is somebody's turn. */
  update(home: ServiceUpstream | null): void {
    const { active } = this.#options.upstreams;
    const before = this.#home;
    this.#home = home;
    for (const upstream of this.#leaving.keys()) {
      if (upstream === home || upstream === active) this.#stop(upstream)?.keep();
    }
    if (before !== null && before !== home && before !== active) this.#begin(before);
  }

  stop(): void {
    for (const upstream of this.#leaving.keys()) this.#stop(upstream);
    this.#home = null;
  }

  #begin(upstream: ServiceUpstream): void {
    const { clock, upstreams, departure, timeoutMs } = this.#options;
    // One that has another address now drains already, and its sessions leave with that.
    if (this.#leaving.has(upstream) || upstreams.isLeft(upstream)) return;
    const sessions = departure(upstream);
    this.#leaving.set(upstream, { sessions, until: clock.now() + timeoutMs(), timer: null });
    sessions.start();
    this.#look(upstream);
  }

  #look(upstream: ServiceUpstream): void {
    const { clock, upstreams } = this.#options;
    const leaving = this.#leaving.get(upstream);
    if (!leaving) return;
    const { sessions, until } = leaving;
    sessions.look();
    if (sessions.size === 0 || clock.now() >= until || upstreams.isLeft(upstream)) {
      this.#stop(upstream);
      if (!upstreams.isLeft(upstream)) sessions.end();
    } else {
      leaving.timer = clock.after(LOOK_MS, () => this.#look(upstream));
    }
  }

  #stop(upstream: ServiceUpstream): DepartingSessions | undefined {
    const leaving = this.#leaving.get(upstream);
    leaving?.timer?.cancel();
    this.#leaving.delete(upstream);
    return leaving?.sessions;
  }
}
