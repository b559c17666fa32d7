// The share of clients that goes to the candidate before it is active.
//
//   serving ── a request fails there ──▶ suspected ── a probe is good ──▶ serving
//      └────── its probes say unhealthy ──▶ out ───── and healthy ────────▶ serving
//
// A client goes there while its position is below the percentage. Its position is its bucket (client-bucket.ts), turned
// by the time at which the canary began: another canary begins with other clients.

import type { Clock } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { UpstreamFailure } from "../proxy/exchange-owner.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { BUCKETS, bucketOfCookie, cookieLine, Newcomers } from "./client-bucket.ts";
import type { CanaryStatus, HealthStatus, ServiceCounters } from "./gateway-port.ts";
import { isBalancerProbe } from "./request-kinds.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import type { ServiceUpstreams } from "./service-upstreams.ts";
import type { Canary } from "./snapshot.ts";

export interface CanaryShareOptions {
  clock: Clock;
  counters: ServiceCounters;
  upstreams: ServiceUpstreams;
  newcomers?: Newcomers;
}

interface Placed {
  /** Null: it is not known. */
  bucket: number | null;
  upstream: Upstream;
}

export class CanaryShare {
  readonly #options: CanaryShareOptions;
  readonly #newcomers: Newcomers;
  #canary: Canary | null = null;
  /** Of the requests that a canary has decided on. */
  readonly #buckets = new WeakMap<Exchange, number>();
  /** They have failed at the candidate, and are for the active upstream now. */
  readonly #fallen = new WeakSet<Exchange>();
  /** Those that the candidate has as a canary. */
  readonly #tunnels = new Map<OpenTunnel, Placed>();
  /** What was known of the candidate's health when a request failed there. */
  #suspected: HealthStatus | null = null;

  constructor(options: CanaryShareOptions) {
    this.#options = options;
    this.#newcomers = options.newcomers ?? new Newcomers();
  }

  configure(canary: Canary | null): void {
    this.#canary = canary;
  }

  /** The candidate, while it is somebody's turn. */
  get home(): ServiceUpstream | null {
    const { candidate } = this.#options.upstreams;
    const isServed = this.#canary !== null && this.#canary.percent > 0;
    return candidate && isServed && candidate.monitor.state.state === "healthy" ? candidate : null;
  }

  status(): CanaryStatus | null {
    const { candidate } = this.#options.upstreams;
    if (this.#canary === null) return null;
    return { ...this.#canary, serving: candidate !== undefined && this.#isServing(candidate) };
  }

  /** The candidate, when it is the turn of this client; undefined: not so, or no canary. */
  choose(exchange: Exchange): ServiceUpstream | undefined {
    if (this.#canary === null) return undefined;
    const { upstreams, counters } = this.#options;
    const { candidate } = upstreams;
    // A balancer in front asks for the upstream that everybody gets.
    if (candidate === undefined || isBalancerProbe(exchange, upstreams.active.health.path)) return undefined;
    const isChosen =
      this.#isInShare(this.#bucketOf(exchange)) && !this.#fallen.has(exchange) && this.#isServing(candidate);
    if (isChosen) counters.canaryToCandidate++;
    else counters.canaryToActive++;
    return isChosen ? candidate : undefined;
  }

  /** A request has failed. True: it is a canary's, and may be sent again, to the active upstream. */
  onFailure(exchange: Exchange, { kind, resendable }: UpstreamFailure): boolean {
    if (!this.#isPlaced(exchange)) return false;
    if (kind === "connect" || kind === "lost") this.#suspect(exchange.upstream);
    if (!resendable) return false;
    this.#fallen.add(exchange);
    this.#options.counters.canaryFellBack++;
    return true;
  }

  /**
   * Also one whose session is at the candidate: of a client without cookies it is not known whose turn that was. True: the
   * turn of its client is over already.
   */
  onTunnelOpened(tunnel: OpenTunnel, exchange: Exchange): boolean {
    const { upstream, head } = exchange;
    const { active, candidate } = this.#options.upstreams;
    const isOfCandidate = this.#canary !== null && upstream === candidate?.engine;
    if (upstream === null || upstream === active.engine) return false;
    if (!isOfCandidate && !this.#buckets.has(exchange)) return false;
    const bucket = this.#buckets.get(exchange) ?? bucketOfCookie(head.header("cookie"));
    if (!this.#isHome(bucket, upstream)) return true;
    this.#tunnels.set(tunnel, { bucket, upstream });
    return false;
  }

  onTunnelClosed(tunnel: OpenTunnel): void {
    this.#tunnels.delete(tunnel);
  }

  /** Requests in flight that a canary has sent to another upstream than the active one. */
  *inFlight(): Generator<Exchange, void> {
    const { upstreams } = this.#options;
    for (const { engine } of upstreams.all()) {
      if (engine === upstreams.active.engine) continue;
      for (const exchange of engine.exchanges) if (this.#isPlaced(exchange)) yield exchange;
    }
  }

  /** Tunnels whose clients do not go to the candidate any more; each is told once. */
  takeLeavers(): OpenTunnel[] {
    const { active } = this.#options.upstreams;
    const leavers: OpenTunnel[] = [];
    for (const [tunnel, { bucket, upstream }] of this.#tunnels) {
      // Also where everybody is: cut over, or moved.
      const isElsewhere = upstream === active.engine || !upstream.tunnels.has(tunnel);
      if (!isElsewhere && this.#isHome(bucket, upstream)) continue;
      this.#tunnels.delete(tunnel);
      if (!isElsewhere) leavers.push(tunnel);
    }
    return leavers;
  }

  /** The same for event streams, whose clients come back by themselves. */
  endStreams(): void {
    for (const exchange of this.inFlight()) {
      const bucket = this.#buckets.get(exchange) ?? 0;
      const isHome = exchange.upstream !== null && this.#isHome(bucket, exchange.upstream);
      if (exchange.eventStream && !isHome) exchange.endEvents();
    }
  }

  // Trouble of the moment sends no tunnel away that is fine.
  #isHome(bucket: number | null, upstream: Upstream): boolean {
    return this.home?.engine === upstream && (bucket === null || this.#isInShare(bucket));
  }

  #isPlaced(exchange: Exchange): boolean {
    return this.#buckets.has(exchange) && exchange.upstream !== this.#options.upstreams.active.engine;
  }

  #isInShare(bucket: number): boolean {
    if (this.#canary === null) return false;
    const { percent, since } = this.#canary;
    return (bucket + since) % BUCKETS < (percent * BUCKETS) / 100;
  }

  #bucketOf(exchange: Exchange): number {
    const known = this.#buckets.get(exchange);
    if (known !== undefined) return known;
    const { head } = exchange;
    const cookies = head.header("cookie");
    let bucket = bucketOfCookie(cookies);
    if (bucket === null) {
      bucket = this.#newcomers.bucketFor(head, cookies, this.#options.clock.now());
      exchange.answerLines += cookieLine(bucket, head.headers.secure);
    }
    this.#buckets.set(exchange, bucket);
    return bucket;
  }

  #suspect(upstream: Upstream | null): void {
    const { candidate } = this.#options.upstreams;
    if (candidate?.engine === upstream) this.#suspected = candidate?.monitor.state ?? null;
  }

  #isServing({ monitor: { state } }: ServiceUpstream): boolean {
    if (state.state !== "healthy") return false;
    if (this.#suspected === null) return true;
    if (state === this.#suspected || state.reason !== null) return false;
    this.#suspected = null;
    return true;
  }
}
