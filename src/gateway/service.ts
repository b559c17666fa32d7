// One app behind the gateway. Admission ("what happens to new work") and slots ("where does it go") are
// independent: what is held goes wherever the active slot points when it is released.

import type { Clock } from "../lib/clock.ts";
import type { DeadlineSweep } from "../proxy/deadline-sweep.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { ExchangeOwner, Outcome, UpstreamFailure } from "../proxy/exchange-owner.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import { admit } from "./admission.ts";
import { Bypass, type BypassKeySource } from "./bypass/bypass.ts";
import { CanaryDeparture } from "./canary-departure.ts";
import { countAnswer, countCutover, countHeldTime } from "./counters.ts";
import type { GatewayEvent, HealthStatus, Remaining, ServicePort, ServiceStatus } from "./gateway-port.ts";
import { Holding } from "./holding.ts";
import { ModeKeeper } from "./mode-keeper.ts";
import { disturbing } from "./quieten.ts";
import { isBalancerProbe, isNeverHeld } from "./request-kinds.ts";
import { PollingWatch } from "./polling-watch.ts";
import { joinedTaps } from "./sessions/joined-taps.ts";
import { SessionAffinity } from "./sessions/session-affinity.ts";
import { ServiceContext } from "./service-context.ts";
import { ShellCache } from "./shell-cache/shell-cache.ts";
import { serviceStatus } from "./service-status.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import { ServiceUpstreams } from "./service-upstreams.ts";
import type { ServiceSnapshot } from "./snapshot.ts";
import { SplicedTunnel } from "../splice/tunnel/spliced-tunnel.ts";
import { TunnelMoves } from "./tunnel-moves.ts";
import { cutoverPolicyOf } from "./tunnel-policies.ts";
import { TunnelWaves } from "./tunnel-waves.ts";
import { UpstreamChoice } from "./upstream-choice.ts";

export interface ServiceOptions {
  snapshot: ServiceSnapshot;
  clock: Clock;
  sweep: DeadlineSweep;
  onEvent: (event: GatewayEvent) => void;
  /** Told of each settled exchange, for the access log. */
  onSettled?: ((exchange: Exchange, service: string, outcome: Outcome) => void) | undefined;
  bypassKeys: BypassKeySource;
}

// A request that has brought its upstream down twice is not given a third chance to.
const MOST_RESENDS = 2;
const NEVER = new AbortController().signal;

export class Service implements ExchangeOwner, ServicePort {
  readonly context: ServiceContext;
  readonly holding: Holding;
  readonly upstreams: ServiceUpstreams;
  readonly #onSettled: ServiceOptions["onSettled"];
  readonly #waves: TunnelWaves;
  readonly moves: TunnelMoves;
  readonly #polling: PollingWatch;
  readonly sessions: SessionAffinity;
  readonly choice: UpstreamChoice;
  readonly #canaryDeparture: CanaryDeparture;
  readonly #bypass: Bypass;
  readonly #shell: ShellCache;
  #retired = false;
  readonly #modes: ModeKeeper;

  constructor({ snapshot, clock, sweep, onEvent, onSettled, bypassKeys }: ServiceOptions) {
    const context = new ServiceContext(snapshot, clock, onEvent);
    this.context = context;
    this.#bypass = new Bypass(context, bypassKeys);
    this.#shell = new ShellCache(context, (exchange) => this.#isForAll(exchange));
    this.#onSettled = onSettled;
    this.holding = new Holding({
      context,
      active: () => this.active,
      send: (exchange) => this.#send(exchange),
      onAutomaticChange: () => this.moves.update(),
    });
    this.moves = new TunnelMoves({
      context,
      sweep,
      holding: this.holding,
      active: () => this.active,
      queue: (tunnels) => this.#waves.closeInWaves(tunnels),
      onLeft: () => this.#onSomethingEnded(),
    });
    this.#polling = new PollingWatch({
      clock,
      polled: this.moves.polled,
      settings: () => context.settings.webSocket,
    });
    this.#modes = new ModeKeeper({
      context,
      holding: this.holding,
      inFlight: () => this.choice.inFlight(),
      parking: () => this.moves.leaving,
      onEntered: () => this.moves.update(),
    });
    this.#waves = new TunnelWaves({
      clock,
      settings: snapshot.settings.webSocket,
      counters: context.counters,
      takes: (tunnel) => tunnel instanceof SplicedTunnel && this.moves.take(tunnel),
      takesLost: (tunnel) => tunnel instanceof SplicedTunnel && this.moves.onUpstreamLost(tunnel),
      onClosed: (tunnel) => {
        if (tunnel instanceof SplicedTunnel) this.moves.onTunnelClosed(tunnel);
        this.choice.canary.onTunnelClosed(tunnel);
        this.#onSomethingEnded();
      },
      onWave: (closed, left) => {
        context.counters.waves++;
        onEvent({ type: "wave", service: context.name, closed, left });
      },
    });
    this.sessions = this.#newSessions();
    this.upstreams = this.#newUpstreams(sweep);
    this.choice = this.#newChoice();
    this.#canaryDeparture = new CanaryDeparture({
      clock,
      upstreams: this.upstreams,
      departure: (upstream) => this.sessions.departure(upstream),
      timeoutMs: () => context.settings.drainTimeoutMs,
    });
    this.apply(snapshot);
  }

  #newUpstreams(sweep: DeadlineSweep): ServiceUpstreams {
    const { context } = this;
    const { clock, emit } = context;
    return new ServiceUpstreams({
      service: context.name,
      clock,
      sweep,
      waves: this.#waves,
      onEvent: (event) => {
        emit(event);
        if (event.type === "health_changed") this.#endCanaries();
      },
      departure: (upstream) => this.sessions.departure(upstream),
      onRecalled: (exchange) => this.#sendAgain(exchange),
      onDrained: () => context.waiters.check(),
    });
  }

  #newChoice(): UpstreamChoice {
    const { clock, counters } = this.context;
    const pinned = (exchange: Exchange) => this.sessions.upstreamFor(exchange);
    return new UpstreamChoice({ clock, counters, upstreams: this.upstreams, pinned });
  }

  #newSessions(): SessionAffinity {
    const { context } = this;
    return new SessionAffinity({
      clock: context.clock,
      upstreamOf: (engine) => this.upstreams.of(engine),
      policyOf: (path) => cutoverPolicyOf(context.settings.webSocket, path),
      takeTurns: (sessions) => this.#waves.takeTurns(sessions),
      dropTurns: (sessions) => this.#waves.dropTurns(sessions),
      isOpen: () => context.mode.name === "open" && this.holding.automatic === "none",
    });
  }

  get name(): string {
    return this.context.name;
  }

  get active(): ServiceUpstream {
    return this.upstreams.active;
  }

  /** In one synchronous step: no request is admitted half by the old and half by the new snapshot. */
  apply(snapshot: ServiceSnapshot): void {
    const { context } = this;
    context.configure(snapshot.settings);
    context.tell(snapshot.notice);
    this.#bypass.configure();
    this.#shell.configure();
    this.holding.configure();
    this.#waves.configure(snapshot.settings.webSocket);
    this.moves.configure();
    const { active: before, previous } = this.upstreams.slots;
    const isReplaced = this.upstreams.apply(snapshot);
    this.choice.apply(snapshot);
    if (isReplaced && before !== snapshot.slots.active)
      countCutover(context.counters, snapshot.slots.active === previous);
    if (isReplaced) this.#shell.clear();
    if (isReplaced || !snapshot.settings.hold.automatic) this.holding.forgetUnreachable();
    this.#modes.enter(snapshot.mode);
    this.#endCanaries();
    context.waiters.check();
  }

  /** Decides on a request. `test`: it came by a test host, for the candidate. */
  onRequest(exchange: Exchange, test: boolean): void {
    const { context, holding } = this;
    exchange.owner = this;
    context.counters.admitted++;
    if (context.noticeLine !== "") exchange.answerLines += context.noticeLine;
    if (this.#isTooLarge(exchange)) return this.#refuseTooLarge(exchange);
    this.sessions.onRequest(exchange);
    if (this.choice.takeTested(exchange, test)) return this.#sendToCandidate(exchange);
    if (exchange.head.webSocket) exchange.opener = this.moves.opener(exchange.head);
    else
      exchange.tap = joinedTaps(exchange.tap, this.#polling.tap(exchange.head)) ?? this.#shell.tap(exchange);
    if (isNeverHeld(exchange)) return this.#sendTo(exchange, this.active);
    const { mode } = context;
    if (mode.name !== "open" && this.#getsPast(exchange)) return this.#send(exchange);
    const admission = admit({ mode: mode.name, automaticHold: holding.automatic, held: holding.size });
    if (admission === "forward") return this.#send(exchange);
    const quiet = mode.name !== "open" || holding.automatic !== "none";
    if (quiet && isBalancerProbe(exchange, this.active.health.path)) return this.#answerProbe(exchange);
    if (quiet && this.#shell.serve(exchange)) return void context.counters.stale++;
    if (admission === "hold" && !this.#retired) return holding.add(exchange);
    context.counters.refused++;
    context.answers.unavailable(exchange, mode.name === "maintenance" ? "maintenance" : "unreachable", mode);
  }

  onAnswer(exchange: Exchange, status: number): void {
    const { counters, clock } = this.context;
    countAnswer(counters, status, clock.now() - exchange.sentAt);
    this.holding.onAnswer(exchange, status);
  }

  onUpstreamFailure(exchange: Exchange, failure: UpstreamFailure): void {
    const { counters, answers } = this.context;
    if (failure.kind === "connect") counters.connectFailures++;
    this.holding.onTrouble(exchange);
    const isOver = exchange.binding !== null && this.sessions.onFailure(exchange, failure);
    const fallsBack = this.choice.canary.onFailure(exchange, failure) && !this.#retired && !isBound(exchange);
    if (isOver && !this.#mayBeHeld(exchange)) {
      counters.forwarded--;
      return this.#sendTo(exchange, this.active);
    }
    if (!isOver && !fallsBack && !this.#mayWait(exchange, failure)) {
      counters.failed++;
      return answers.failed(exchange, failure.kind);
    }
    // With several addresses the next attempt goes to another one.
    const { engine } = this.active;
    if (failure.kind === "connect" && exchange.upstream === engine && !engine.hasReachableAddress) {
      this.holding.onUnreachable(failure);
    }
    if (this.holding.automatic !== "none" && !exchange.exempt && this.#shell.serve(exchange)) {
      counters.forwarded--;
      counters.stale++;
      return;
    }
    if (failure.kind !== "connect" && !isOver) {
      exchange.resends++;
      counters.resent++;
    }
    if (!exchange.exempt) return this.holding.readmit(exchange);
    // It gets past a hold and maintenance, at the active upstream as at the candidate.
    counters.forwarded--;
    this.#send(exchange);
  }

  onSettled(exchange: Exchange, outcome: Outcome): void {
    const { counters } = this.context;
    if (outcome === "abandoned" && this.holding.remove(exchange)) counters.abandoned++;
    const kind = Math.floor(exchange.status / 100);
    counters.answers[kind] = (counters.answers[kind] ?? 0) + 1;
    if (exchange.heldMs >= 0) countHeldTime(counters, exchange.heldMs);
    this.holding.onSettled(exchange);
    if (exchange.binding !== null) this.sessions.onSettled(exchange, outcome);
    this.#onSettled?.(exchange, this.name, outcome);
    this.#onSomethingEnded();
  }

  onTunnelOpened(tunnel: OpenTunnel, exchange: Exchange): void {
    this.#waves.adopt(tunnel);
    if (this.choice.onTunnelOpened(tunnel, exchange)) this.#sendAway([tunnel]);
    if (this.#retired) this.#waves.closeInWaves([tunnel]);
    else this.upstreams.onTunnelOpened(tunnel);
    if (tunnel instanceof SplicedTunnel) this.moves.onOpened(tunnel);
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

  /** Of the tunnels those count that are still to be parked; a hold leaves all others alone. */
  async whenQuiet(signal: AbortSignal): Promise<Remaining> {
    const inFlight = () => disturbing(this.choice.inFlight());
    const isQuiet = () => this.moves.leaving === 0 && inFlight().next().done === true;
    await this.context.waiters.until(isQuiet, signal);
    return {
      inFlight: [...inFlight()].length,
      tunnels: this.moves.leaving,
      held: this.holding.size,
    };
  }

  async whenReleased(signal: AbortSignal): Promise<Remaining> {
    await this.context.waiters.until(() => this.holding.size === 0, signal);
    return { inFlight: this.active.engine.exchanges.size, tunnels: 0, held: this.holding.size };
  }

  setDrainTimeout(upstream: string, timeoutMs: number): void {
    this.upstreams.setDrainTimeout(upstream, timeoutMs);
  }

  async whenDrained(upstream: string, signal: AbortSignal): Promise<Remaining> {
    await this.context.waiters.until(() => !this.upstreams.isDraining(upstream), signal);
    return { ...this.upstreams.leftOn(upstream), held: this.holding.size };
  }

  async whenTunnelsGone(): Promise<void> {
    const engines = this.upstreams.engines();
    const { parked } = this.moves;
    const areGone = (): boolean =>
      parked.open.size === 0 && engines.every((engine) => engine.tunnels.size === 0);
    await this.context.waiters.until(areGone, NEVER);
    await Promise.all([parked.whenLeft(), ...engines.map((engine) => engine.whenTunnelsLeft())]);
  }

  /** The service is gone from the configuration, or the gateway ends. What is in flight goes on. */
  retire(): void {
    this.#retired = true;
    this.#modes.stop();
    this.#canaryDeparture.stop();
    this.moves.stop();
    this.holding.retire();
    this.upstreams.retire();
  }

  /** Nothing is in flight, and no tunnel is open. */
  get isEmpty(): boolean {
    const engines = this.upstreams.engines();
    const isIdle = engines.every(({ exchanges, tunnels }) => exchanges.size + tunnels.size === 0);
    return isIdle && this.moves.parked.open.size === 0;
  }

  /** For the gateway's own end: tunnels are sent away in waves, event streams end between two events. */
  closeStreams(): void {
    this.moves.stop();
    for (const { tunnels, exchanges } of this.upstreams.engines()) {
      this.#waves.closeInWaves(tunnels);
      for (const exchange of exchanges) exchange.endEvents();
    }
  }

  /** Cuts everything that is still there. */
  destroy(): void {
    for (const engine of this.upstreams.engines()) {
      engine.destroyTunnels();
      for (const exchange of engine.exchanges) exchange.cut();
      engine.closeIdle();
    }
    this.moves.parked.destroy();
  }

  /** One that was taken back from an upstream on its way out. */
  #sendAgain(exchange: Exchange): void {
    const isTested = this.choice.isTested(exchange);
    if (!isTested && !exchange.exempt) return this.holding.readmit(exchange);
    this.context.counters.forwarded--;
    if (isTested) this.#sendToCandidate(exchange);
    else this.#send(exchange);
  }

  /** DESIGN §6: operators look before users do. A balancer's probe is no look, wherever it comes from. */
  #getsPast(exchange: Exchange): boolean {
    const how = this.#bypass.of(exchange.head);
    if (how === null) return false;
    if (how === "network" && isBalancerProbe(exchange, this.active.health.path)) return false;
    exchange.exempt = true;
    exchange.answerLines += `Holdgate-Bypass: ${how}\r\n`;
    // A hold would park it at once.
    exchange.opener = null;
    return true;
  }

  /** What it got is what everybody gets. */
  #isForAll(exchange: Exchange): boolean {
    return !exchange.exempt && exchange.upstream === this.active.engine;
  }

  #sendToCandidate(exchange: Exchange): void {
    const { candidate } = this.upstreams;
    if (candidate) return this.#sendTo(exchange, this.sessions.upstreamFor(exchange) ?? candidate);
    this.context.counters.refused++;
    this.context.answers.unavailable(exchange, "unreachable", this.context.mode);
  }

  #send(exchange: Exchange): void {
    this.#sendTo(exchange, this.choice.upstreamFor(exchange));
  }

  #sendTo(exchange: Exchange, upstream: ServiceUpstream): void {
    const { counters } = this.context;
    if (exchange.binding !== null && this.sessions.answers(exchange)) return void counters.refused++;
    counters.forwarded++;
    exchange.forward(upstream.engine);
    if (exchange.binding !== null) this.sessions.onSent(exchange);
  }

  #isTooLarge(exchange: Exchange): boolean {
    const { bodyBytes } = this.context.settings.limits;
    if (bodyBytes === null) return false;
    exchange.bodyLimitBytes = bodyBytes;
    return Math.max(exchange.head.headers.contentLength, exchange.body?.receivedBytes ?? 0) > bodyBytes;
  }

  #refuseTooLarge(exchange: Exchange): void {
    this.context.counters.refused++;
    this.context.answers.tooLarge(exchange);
  }

  #answerProbe(exchange: Exchange): void {
    this.context.counters.refused++;
    exchange.answer({ status: 200, headers: { "Content-Type": "text/plain" }, body: "ok\n" });
  }

  #mayWait(exchange: Exchange, failure: UpstreamFailure): boolean {
    if (!failure.resendable || !this.#mayBeHeld(exchange)) return false;
    const { engine } = this.active;
    const isHeldUp = exchange.upstream === engine && !engine.hasReachableAddress;
    // It can go nowhere else, and no hold would wait for its address alone.
    if (failure.kind === "connect" && isBound(exchange) && !isHeldUp) return false;
    return failure.kind === "connect" || (failure.kind === "lost" && exchange.resends < MOST_RESENDS);
  }

  #mayBeHeld(exchange: Exchange): boolean {
    if (!this.context.settings.hold.automatic || this.#retired) return false;
    return !exchange.exempt && !this.choice.isTested(exchange) && !isNeverHeld(exchange);
  }

  /** Clients whose turn it is no longer: tunnels leave in waves or move, event streams end between two events. */
  #endCanaries(): void {
    const { canary } = this.choice;
    this.#sendAway(canary.takeLeavers());
    canary.endStreams();
    this.#canaryDeparture.update(canary.home);
  }

  #sendAway(tunnels: OpenTunnel[]): void {
    if (tunnels.length === 0) return;
    this.#waves.closeInWaves(tunnels.filter((tunnel) => this.#waves.policyOf(tunnel) !== "drain"));
  }

  #onSomethingEnded(): void {
    this.upstreams.checkDrains();
    this.context.waiters.check();
  }
}

/** To the one address that has its session. */
function isBound({ binding }: Exchange): boolean {
  return binding !== null && binding.address !== null;
}
