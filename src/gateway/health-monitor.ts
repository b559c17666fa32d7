// Follows the health of one upstream: probes it at an interval and counts good and bad rounds in a row.
//
//   unknown ──good × n──▶ healthy ◀──good × n── unhealthy
//      └─────bad × m────────▶ └────bad × m────────▶┘

import type { HealthSettings } from "../config/settings.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { HealthStatus } from "./gateway-port.ts";
import { type HealthProbe, type ProbeResult, probeHealth } from "./health-probe.ts";

export interface HealthMonitorOptions {
  clock: Clock;
  /** All addresses of the upstream: a round is good when each of them is. */
  urls: string[];
  settings: HealthSettings;
  /** Told of each address after each round, in the order of `urls`. */
  onProbed?: (results: readonly ProbeResult[]) => void;
  onChange?: (from: HealthStatus["state"], to: HealthStatus) => void;
  probe?: (probe: HealthProbe) => Promise<ProbeResult>;
}

export class HealthMonitor {
  readonly #clock: Clock;
  readonly #urls: string[];
  readonly #settings: HealthSettings;
  readonly #onProbed: HealthMonitorOptions["onProbed"];
  readonly #onChange: ((from: HealthStatus["state"], to: HealthStatus) => void) | undefined;
  readonly #probe: (probe: HealthProbe) => Promise<ProbeResult>;

  #status: HealthStatus = { state: "unknown", checkedAt: null, reason: null, version: null };
  /** Rounds in a row of the kind of the last one. */
  #streak = { good: false, rounds: 0 };
  readonly #stopped = new AbortController();
  #started = false;
  #timer: Timer | null = null;
  readonly #waiters = new Set<(isHealthy: boolean) => void>();

  constructor(options: HealthMonitorOptions) {
    this.#clock = options.clock;
    this.#urls = options.urls;
    this.#settings = options.settings;
    this.#onProbed = options.onProbed;
    this.#onChange = options.onChange;
    this.#probe = options.probe ?? probeHealth;
  }

  /** A new object after each round. */
  get state(): HealthStatus {
    return this.#status;
  }

  /** Probes at once, and from then on at the interval until stopped. */
  start(): void {
    if (this.#started || this.#stopped.signal.aborted) return;
    this.#started = true;
    void this.#round();
  }

  /** For good: a probe under way is cut, and whoever waits hears false. */
  stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
    this.#settleWaiters(false);
  }

  /** Resolves true as soon as the upstream is healthy, false when `signal` aborts or the monitor stops first. */
  async whenHealthy(signal: AbortSignal): Promise<boolean> {
    if (this.#status.state === "healthy") return true;
    if (signal.aborted || this.#stopped.signal.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const giveUp = () => resolve(false);
    this.#waiters.add(resolve);
    signal.addEventListener("abort", giveUp);
    try {
      return await promise;
    } finally {
      this.#waiters.delete(resolve);
      signal.removeEventListener("abort", giveUp);
    }
  }

  async #round(): Promise<void> {
    const startedAt = this.#clock.now();
    const { signal } = this.#stopped;
    const probes = this.#urls.map((url) =>
      this.#probe({ url, settings: this.#settings, clock: this.#clock, signal }),
    );
    const results = await Promise.all(probes);
    if (signal.aborted) return;
    const waitMs = startedAt + this.#settings.intervalMs - this.#clock.now();
    this.#timer = this.#clock.after(Math.max(waitMs, 0), () => void this.#round());
    this.#take(results);
  }

  #take(results: ProbeResult[]): void {
    this.#onProbed?.(results);
    const bad = results.find((result) => !result.good);
    const from = this.#status.state;
    this.#status = {
      state: this.#nextState(bad === undefined),
      checkedAt: this.#clock.wall(),
      reason: bad?.reason ?? null,
      version: versionIn(results),
    };
    if (this.#status.state === from) return;
    if (this.#status.state === "healthy") this.#settleWaiters(true);
    this.#onChange?.(from, this.#status);
  }

  #nextState(good: boolean): HealthStatus["state"] {
    const rounds = this.#streak.good === good ? this.#streak.rounds + 1 : 1;
    this.#streak = { good, rounds };
    if (good && rounds >= this.#settings.good) return "healthy";
    if (!good && rounds >= this.#settings.bad) return "unhealthy";
    return this.#status.state;
  }

  #settleWaiters(isHealthy: boolean): void {
    for (const settle of this.#waiters) settle(isHealthy);
    this.#waiters.clear();
  }
}

function versionIn(results: ProbeResult[]): string | null {
  const first = results.find((result) => result.good);
  return first?.version ?? null;
}
