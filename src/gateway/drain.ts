// The end of an upstream's service: no new work goes there; what is in flight may finish until the
// deadline, then is cut. Tunnels leave in waves, at once or at the deadline, as their policy says.
//
//   draining ──nothing left──▶ finished
//      └──deadline──▶ requests cut, all tunnels in waves ──▶ finished

import type { CutoverPolicy } from "../config/settings.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { Tunnel } from "../proxy/tunnel.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { quieten } from "./quieten.ts";

export interface DrainOptions {
  clock: Clock;
  upstream: Upstream;
  timeoutMs: number;
  policyOf: (tunnel: Tunnel) => CutoverPolicy;
  /** Closes these in waves. */
  closeInWaves: (tunnels: Iterable<Tunnel>) => void;
  onRecalled: (exchange: Exchange) => void;
  onFinished: (cut: number) => void;
}

const LOOK_MS = 100;

export class Drain {
  readonly upstream: Upstream;
  /** Milliseconds since 1970. */
  deadlineAt: number;
  readonly #options: DrainOptions;
  readonly #timeouts = new Set<Timer>();
  #finished = false;
  #cut = 0;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.upstream = options.upstream;
    this.deadlineAt = options.clock.wall() + options.timeoutMs;
  }

  start(): void {
    const { upstream, timeoutMs, policyOf, closeInWaves } = this.#options;
    closeInWaves(oldestFirst(upstream.tunnels).filter((tunnel) => policyOf(tunnel) !== "drain"));
    this.#after(timeoutMs, () => this.#onDeadline());
    this.#look();
    this.check();
  }

  /** Something of the upstream has ended. */
  check(): void {
    const { upstream } = this;
    if (this.#finished || upstream.exchanges.size > 0 || upstream.tunnels.size > 0) return;
    this.#finished = true;
    this.stop();
    upstream.closeIdle();
    this.#options.onFinished(this.#cut);
  }

  /** Cuts nothing more; what is left goes on. */
  stop(): void {
    for (const timer of this.#timeouts) timer.cancel();
    this.#timeouts.clear();
  }

  #look(): void {
    const { clock, onRecalled } = this.#options;
    quieten(this.upstream.exchanges, clock.now(), onRecalled);
    if (this.upstream.exchanges.size > 0) this.#after(LOOK_MS, () => this.#look());
  }

  #onDeadline(): void {
    for (const exchange of this.upstream.exchanges) {
      this.#cut++;
      exchange.cut();
    }
    this.#options.closeInWaves(oldestFirst(this.upstream.tunnels));
    this.check();
  }

  #after(delayMs: number, callback: () => void): void {
    const timer = this.#options.clock.after(delayMs, () => {
      this.#timeouts.delete(timer);
      callback();
    });
    this.#timeouts.add(timer);
  }
}

function oldestFirst(tunnels: Iterable<Tunnel>): Tunnel[] {
  return [...tunnels].toSorted((a, b) => a.openedAt - b.openedAt);
}
