// One app behind the gateway. Admission ("what happens to new work") and slots ("where does it go") are
// independent: what is held goes wherever the active slot points when it is released.

import type { ServiceSettings } from "../config/settings.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { DeadlineSweep } from "../proxy/deadline-sweep.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { ExchangeOwner, Outcome, UpstreamFailure } from "../proxy/exchange-owner.ts";
import type { Tunnel } from "../proxy/tunnel.ts";
import { admit } from "./admission.ts";
import { AutomaticHold } from "./automatic-hold.ts";
import { newCounters } from "./counters.ts";
import type { GatewayEvent, HealthStatus, Remaining, ServicePort, ServiceStatus } from "./gateway-port.ts";
import { HoldQueue } from "./hold-queue.ts";
import { quieten } from "./quieten.ts";
import { Release } from "./release.ts";
import { ServiceAnswers } from "./service-answers.ts";
import { serviceStatus } from "./service-status.ts";
import { ServiceUpstreams } from "./service-upstreams.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import type { Mode, ServiceSnapshot } from "./snapshot.ts";
import { TunnelWaves } from "./tunnel-waves.ts";
import { Waiters } from "./waiters.ts";

export interface ServiceOptions {
  snapshot: ServiceSnapshot;
  clock: Clock;
  sweep: DeadlineSweep;
  onEvent: (event: GatewayEvent) => void;
  /** Told of each settled exchange, for the access log. */
  onSettled?: ((exchange: Exchange, service: string, outcome: Outcome) => void) | undefined;
}

// A request that has brought its upstream down twice is not given a third chance to.
const MOST_RESENDS = 2;
const LOOK_MS = 100;
const NEVER = new AbortController().signal;

export class Service implements ExchangeOwner, ServicePort {
  readonly name: string;
  readonly counters = newCounters();
  readonly queue: HoldQueue<Exchange>;
  readonly release: Release;
  readonly automaticHold: AutomaticHold;
  readonly upstreams: ServiceUpstreams;
  /** What is in force; the lease's end may be ahead of what control has recorded. */
  mode: Mode = { name: "open" };
  settings: ServiceSettings;

  readonly #clock: Clock;
  readonly #onSettled: ServiceOptions["onSettled"];
  readonly #emit: (event: GatewayEvent) => void;
  readonly #answers: ServiceAnswers;
  readonly #waves: TunnelWaves;
  readonly #waiters = new Waiters();
  #lease: Timer | null = null;
  #look: Timer | null = null;

  constructor({ snapshot, clock, sweep, onEvent, onSettled }: ServiceOptions) {
    const { name, settings } = snapshot;
    const { counters } = this;
    this.name = name;
    this.settings = settings;
    this.#clock = clock;
    this.#emit = onEvent;
    this.#onSettled = onSettled;
    this.#answers = new ServiceAnswers(clock, settings.maintenance);
    this.queue = new HoldQueue({
      clock,
      ...settings.hold,
      onExpired: (exchange) => this.#onExpired(exchange),
    });
    this.release = new Release({
      clock,
      queue: this.queue,
      initial: settings.release.initial,
      send: (exchange) => this.#sendReleased(exchange),
      onStarted: (held) => onEvent({ type: "release_started", service: name, held }),
      onFinished: (released, tookMs) => this.#onReleaseFinished(released, tookMs),
    });
    this.automaticHold = new AutomaticHold({
      clock,
      onStarted: (upstream, reason) => this.#onAutomaticHold(upstream, reason),
      onEnded: (upstream, heldMs) => this.#onReachable(upstream, heldMs),
      onLeaseOver: () => this.#refuseHeld("unreachable"),
    });
    this.#waves = new TunnelWaves({
      clock,
      settings: settings.webSocket,
      counters,
      onClosed: () => this.#onSomethingEnded(),
      onWave: (closed, left) => onEvent({ type: "wave", service: name, closed, left }),
    });
    this.upstreams = new ServiceUpstreams({
      service: name,
      clock,
      sweep,
      waves: this.#waves,
      onEvent,
      onRecalled: (exchange) => this.#readmit(exchange),
    });
    this.apply(snapshot);
  }

  get active(): ServiceUpstream {
    return this.upstreams.active;
  }

  /** In one synchronous step: no request is admitted half by the old and half by the new snapshot. */
  apply(snapshot: ServiceSnapshot): void {
    const { settings } = snapshot;
    this.settings = settings;
    this.queue.configure(settings.hold);
    this.release.configure(settings.release.initial);
    this.#answers.configure(settings.maintenance);
    this.#waves.configure(settings.webSocket);
    const cutOver = this.upstreams.apply(snapshot);
    if (cutOver) {
      this.counters.cutovers++;
      // Whether the new one can be reached is found out by sending to it.
      this.automaticHold.cancel();
    }
    this.#enter(snapshot.mode);
    this.#waiters.check();
  }

  /** Decides on a request. `test`: it came by a test host, for the candidate. */
  onRequest(exchange: Exchange, test: boolean): void {
    exchange.owner = this;
    const { bodyBytes } = this.settings.limits;
    exchange.bodyLimitBytes = bodyBytes ?? Infinity;
    this.counters.admitted++;
    if (test) return this.#sendToCandidate(exchange);
    if (isNeverHeld(exchange)) return this.#send(exchange, this.active);
    const { mode, automaticHold, queue } = this;
    switch (admit({ mode: mode.name, automaticHold: automaticHold.state, held: queue.size })) {
      case "forward":
        return this.#send(exchange, this.active);
      case "hold":
        return this.#hold(exchange);
      case "refuse":
        this.counters.refused++;
        return this.#answers.unavailable(exchange, refusalCause(mode), mode);
    }
  }

  onAnswer(exchange: Exchange, status: number): void {
    this.release.onAnswer(exchange, status);
  }

  onUpstreamFailure(exchange: Exchange, failure: UpstreamFailure): void {
    if (failure.kind === "connect") this.counters.connectFailures++;
    this.release.onTrouble(exchange);
    if (!this.#mayWait(exchange, failure)) {
      this.counters.failed++;
      return this.#answers.failed(exchange, failure.kind);
    }
    const fromActive = exchange.upstream === this.active.engine;
    if (failure.kind === "connect" && fromActive) {
      this.automaticHold.start(this.active, failure.detail, this.settings.hold.leaseMs);
    }
    if (failure.kind === "lost") {
      exchange.resends++;
      this.counters.resent++;
    }
    this.counters.forwarded--;
    this.#readmit(exchange);
  }

  onSettled(exchange: Exchange, outcome: Outcome): void {
    if (outcome === "abandoned" && this.queue.remove(exchange)) this.counters.abandoned++;
    const { answers } = this.counters;
    const kind = Math.floor(exchange.status / 100);
    answers[kind] = (answers[kind] ?? 0) + 1;
    this.release.onSettled(exchange);
    this.#onSettled?.(exchange, this.name, outcome);
    this.#onSomethingEnded();
  }

  onTunnelOpened(tunnel: Tunnel): void {
    this.#waves.adopt(tunnel);
  }

  status(): ServiceStatus {
    return serviceStatus(this);
  }

  health(upstream: string): HealthStatus {
    return this.upstreams.health(upstream);
  }

  whenHealthy(upstream: string, signal: AbortSignal): Promise<boolean> {
    return this.upstreams.whenHealthy(upstream, signal);
  }

  /** Tunnels are left alone by a hold, so they do not count here. */
  async whenQuiet(signal: AbortSignal): Promise<Remaining> {
    await this.#waiters.until(() => this.active.engine.exchanges.size === 0, signal);
    return { inFlight: this.active.engine.exchanges.size, tunnels: 0, held: this.queue.size };
  }

  async whenReleased(signal: AbortSignal): Promise<Remaining> {
    await this.#waiters.until(() => this.queue.size === 0, signal);
    return { inFlight: this.active.engine.exchanges.size, tunnels: 0, held: this.queue.size };
  }

  setDrainTimeout(upstream: string, timeoutMs: number): void {
    this.upstreams.setDrainTimeout(upstream, timeoutMs);
  }

  async whenDrained(upstream: string, signal: AbortSignal): Promise<Remaining> {
    await this.#waiters.until(() => !this.upstreams.isDraining(upstream), signal);
    return { ...this.upstreams.leftOn(upstream), held: this.queue.size };
  }

  /** The service is gone from the configuration, or the gateway ends. */
  retire(): void {
    this.#lease?.cancel();
    this.#look?.cancel();
    this.automaticHold.cancel();
    this.release.close();
    this.#refuseHeld("unreachable");
    this.upstreams.retire();
  }

  /** Sends all tunnels away, in waves; for the gateway's own end. */
  closeTunnels(): void {
    for (const upstream of this.upstreams.engines()) this.#waves.closeInWaves(upstream.tunnels);
  }

  async whenTunnelsGone(): Promise<void> {
    const engines = this.upstreams.engines();
    await this.#waiters.until(() => engines.every((engine) => engine.tunnels.size === 0), NEVER);
  }

  /** Cuts everything that is still there. */
  destroy(): void {
    for (const engine of this.upstreams.engines()) {
      for (const tunnel of engine.tunnels) tunnel.destroy();
      for (const exchange of engine.exchanges) exchange.cut();
      engine.closeIdle();
    }
  }

  #enter(mode: Mode): void {
    this.#lease?.cancel();
    this.mode = mode;
    switch (mode.name) {
      case "open":
        return this.#openIfReachable();
      case "hold":
        this.release.close();
        this.#lease = this.#clock.after(mode.leaseEndsAt - this.#clock.wall(), () => this.#onLeaseEnd());
        return this.#quietenActive();
      case "maintenance":
        this.release.close();
        return this.#refuseHeld("maintenance");
    }
  }

  #openIfReachable(): void {
    if (this.automaticHold.state === "none") this.release.open();
    else this.release.close();
  }

  // Acts by itself: a hold must end also when control cannot record it.
  #onLeaseEnd(): void {
    const { mode } = this;
    if (mode.name !== "hold") return;
    const { onLeaseEnd } = mode;
    const { retryAfterMs, message } = this.settings.maintenance;
    const since = this.#clock.wall();
    this.#enter(
      onLeaseEnd === "open"
        ? { name: "open" }
        : { name: "maintenance", since, message, expectedEnd: null, retryAfterMs },
    );
    this.#emit({ type: "lease_ended", service: this.name, onLeaseEnd });
  }

  /** During a hold, again and again until nothing is in flight any more. */
  #quietenActive(): void {
    this.#look?.cancel();
    this.#look = null;
    if (this.mode.name !== "hold") return;
    const { exchanges } = this.active.engine;
    quieten(exchanges, this.#clock.now(), (exchange) => this.#readmit(exchange));
    if (exchanges.size > 0) this.#look = this.#clock.after(LOOK_MS, () => this.#quietenActive());
    else this.#emit({ type: "hold_settled", service: this.name });
    this.#waiters.check();
  }

  #sendToCandidate(exchange: Exchange): void {
    const { candidate } = this.upstreams;
    if (candidate) return this.#send(exchange, candidate);
    this.counters.refused++;
    this.#answers.unavailable(exchange, "unreachable", this.mode);
  }

  #send(exchange: Exchange, upstream: ServiceUpstream): void {
    this.counters.forwarded++;
    exchange.forward(upstream.engine);
  }

  #sendReleased(exchange: Exchange): void {
    this.counters.released++;
    exchange.heldMs = this.#clock.now() - exchange.heldSince;
    this.#send(exchange, this.active);
  }

  #hold(exchange: Exchange): void {
    if (isProbeOfBalancer(exchange, this.active.health.path)) return this.#answerProbe(exchange);
    const outcome = this.#enqueue(exchange, false);
    if (outcome === "held") return;
    this.counters.shed++;
    this.#emit({ type: "shed", service: this.name, bound: outcome });
    this.#answers.unavailable(exchange, "shed", this.mode);
  }

  #enqueue(exchange: Exchange, force: boolean): "held" | "maxRequests" | "maxPerClient" {
    const since = exchange.heldSince < 0 ? this.#clock.now() : exchange.heldSince;
    const maxWaitMs = this.mode.name === "hold" ? this.mode.maxWaitMs : this.settings.hold.maxWaitMs;
    const client = exchange.head.headers.client;
    const place = { order: exchange.sequence, client, deadline: since + maxWaitMs, since, force };
    const outcome = this.queue.add(exchange, place);
    if (outcome !== "held") return outcome;
    if (exchange.heldSince < 0) this.counters.held++;
    exchange.heldSince = since;
    return outcome;
  }

  /** One that had been sent waits again, at its old place. */
  #readmit(exchange: Exchange): void {
    if (this.mode.name === "maintenance") {
      this.counters.refused++;
      return this.#answers.unavailable(exchange, "maintenance", this.mode);
    }
    this.#enqueue(exchange, true);
    this.release.pump();
  }

  #mayWait(exchange: Exchange, failure: UpstreamFailure): boolean {
    if (!failure.resendable || !this.settings.hold.automatic) return false;
    if (exchange.upstream === this.upstreams.candidate?.engine || isNeverHeld(exchange)) return false;
    return failure.kind === "connect" || (failure.kind === "lost" && exchange.resends < MOST_RESENDS);
  }

  #answerProbe(exchange: Exchange): void {
    this.counters.refused++;
    exchange.answer({ status: 200, headers: { "Content-Type": "text/plain" }, body: "ok\n" });
  }

  #refuseHeld(cause: "maintenance" | "unreachable"): void {
    for (const exchange of this.queue.clear()) {
      this.counters.refused++;
      this.#answers.unavailable(exchange, cause, this.mode);
    }
    this.#waiters.check();
  }

  #onExpired(exchange: Exchange): void {
    this.counters.expired++;
    exchange.heldMs = this.#clock.now() - exchange.heldSince;
    this.#answers.unavailable(exchange, "expired", this.mode);
    this.#waiters.check();
  }

  #onAutomaticHold(upstream: string, reason: string): void {
    this.release.close();
    this.#emit({ type: "automatic_hold_started", service: this.name, upstream, reason });
  }

  #onReachable(upstream: string, heldMs: number): void {
    this.#emit({ type: "automatic_hold_ended", service: this.name, upstream, heldMs });
    if (this.mode.name === "open") this.release.open();
  }

  #onReleaseFinished(released: number, tookMs: number): void {
    this.#emit({ type: "release_finished", service: this.name, released, tookMs });
    this.#waiters.check();
  }

  #onSomethingEnded(): void {
    this.upstreams.checkDrains();
    this.#waiters.check();
  }
}

// A certificate must be renewed also in an upgrade, and its challenge comes once.
function isNeverHeld(exchange: Exchange): boolean {
  return exchange.head.target.startsWith("/.well-known/acme-challenge/");
}

// A balancer in front would take the gateway out if its health path were held.
function isProbeOfBalancer(exchange: Exchange, healthPath: string): boolean {
  const { method } = exchange.head;
  return healthPath !== "/" && exchange.head.path === healthPath && (method === "GET" || method === "HEAD");
}

function refusalCause(mode: Mode): "maintenance" | "unreachable" {
  return mode.name === "maintenance" ? "maintenance" : "unreachable";
}
