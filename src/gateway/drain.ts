// The end of an upstream's service: no new work goes there; what is in flight may finish until the
// deadline, then is cut. Tunnels leave in waves, at once or at the deadline, as their policy says.
//
//   draining ──nothing left──▶ finished
//      └──deadline──▶ requests cut, all tunnels in waves ──▶ finished

import type { CutoverPolicy } from "../config/settings.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { quieten } from "./quieten.ts";

/** The sessions of long-polling that are at home there (sessions/session-departure.ts). */
export interface DepartingSessions {
  /** How many have not left. */
  readonly size: number;
  start(): void;
  look(): void;
  /** Whether it is theirs to say what becomes of this request. */
  owns(exchange: Exchange): boolean;
  /** The deadline, or nothing is left there. */
  end(): void;
  /** The upstream is in use again. */
  keep(): void;
}

export interface DrainOptions {
  clock: Clock;
  upstream: Upstream;
  timeoutMs: number;
  policyOf: (tunnel: OpenTunnel) => CutoverPolicy;
  /** Closes these in waves. */
  closeInWaves: (tunnels: Iterable<OpenTunnel>) => void;
  sessions?: DepartingSessions;
  onRecalled: (exchange: Exchange) => void;
  onFinished: (cut: number) => void;
}

const LOOK_MS = 100;

export class Drain {
  readonly upstream: Upstream;
  /** Milliseconds since 1970. */
  deadlineAt = 0;
  readonly #options: DrainOptions;
  #deadline: Timer | null = null;
  #nextLook: Timer | null = null;
  #finished = false;
  #cut = 0;

  constructor(options: DrainOptions) {
    this.#options = options;
    this.upstream = options.upstream;
  }

  start(): void {
    const { upstream, timeoutMs, policyOf, closeInWaves } = this.#options;
    // First, since the wave may close the last tunnel and so be the end of the drain.
    this.setTimeout(timeoutMs);
    closeInWaves(oldestFirst(upstream.tunnels).filter((tunnel) => policyOf(tunnel) !== "drain"));
    this.#options.sessions?.start();
    this.#look();
  }

  /** From now on; for a caller who wants another deadline than the configured one. */
  setTimeout(timeoutMs: number): void {
    const { clock } = this.#options;
    this.#deadline?.cancel();
    this.deadlineAt = clock.wall() + timeoutMs;
    this.#deadline = clock.after(timeoutMs, () => this.#onDeadline());
  }

  /** A handshake that was under way when the upstream was left has opened a tunnel there all the same. */
  onTunnelOpened(tunnel: OpenTunnel): void {
    const { policyOf, closeInWaves } = this.#options;
    if (policyOf(tunnel) !== "drain") closeInWaves([tunnel]);
  }

  /** Something of the upstream has ended. */
  check(): void {
    const { upstream } = this;
    if (this.#finished || upstream.exchanges.size > 0 || upstream.tunnels.size > 0) return;
    if (this.#sessionsLeft > 0) return;
    this.#finished = true;
    this.stop();
    this.#options.sessions?.end();
    upstream.closeIdle();
    this.#options.onFinished(this.#cut);
  }

  /** Cuts nothing more; what is left goes on. */
  stop(): void {
    this.#deadline?.cancel();
    this.#nextLook?.cancel();
  }

  /** It is in use again. */
  keep(): void {
    this.stop();
    this.#options.sessions?.keep();
  }

  get #sessionsLeft(): number {
    return this.#options.sessions?.size ?? 0;
  }

  #look(): void {
    const { clock, onRecalled, sessions } = this.#options;
    quieten(this.#others(), clock.now(), onRecalled);
    sessions?.look();
    if (this.upstream.exchanges.size + this.#sessionsLeft > 0)
      this.#nextLook = clock.after(LOOK_MS, () => this.#look());
    // What was taken back has not ended, so nobody else would notice that it was the last.
    this.check();
  }

  *#others(): Generator<Exchange, void> {
    const { sessions } = this.#options;
    for (const exchange of this.upstream.exchanges) if (!sessions?.owns(exchange)) yield exchange;
  }

  #onDeadline(): void {
    this.#options.sessions?.end();
    for (const exchange of this.upstream.exchanges) {
      this.#cut++;
      exchange.cut();
    }
    this.#options.closeInWaves(oldestFirst(this.upstream.tunnels));
    this.check();
  }
}

function oldestFirst(tunnels: Iterable<OpenTunnel>): OpenTunnel[] {
  return [...tunnels].toSorted((a, b) => a.openedAt - b.openedAt);
}
