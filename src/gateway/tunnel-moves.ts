// Which spliced tunnels are moved, when, and whose client is asked to come back instead.
//
//   linked ── its turn at a cutover, or a hold ──▶ leaving ──▶ parked ── gate open, its turn ──▶ on its way ──▶ linked
//     └────── upstream lost ───────────────────────────────────▲  ▲                                 │
//                                                                 └────────── failed, once more ────┘
//   any of them ── cannot be moved ──▶ given up: farewell, in waves
//
// The gate is open while requests would be forwarded, too: no hold, and the active upstream can be reached. Turns come
// from the waves, so that moves and returning handshakes share one rate.

import type { DeadlineSweep } from "../proxy/deadline-sweep.ts";
import type { RequestHead } from "../proxy/request-head.ts";
import type { OpenTunnel, TunnelOpener } from "../proxy/tunnel-opener.ts";
import { TunnelRegister } from "../proxy/tunnel-register.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { PolledSessions } from "../splice/protocols/socket-io-polling.ts";
import type { ProtocolChoice } from "../splice/talk.ts";
import { KeptBudget } from "../splice/tunnel/kept-messages.ts";
import { splicedOpener } from "../splice/tunnel/spliced-opener.ts";
import type { MoveOwner, SpliceShared } from "../splice/tunnel/move-owner.ts";
import { SplicedTunnel } from "../splice/tunnel/spliced-tunnel.ts";
import type { MoveFailure } from "../splice/tunnel/upstream-link.ts";
import { countGap } from "./counters.ts";
import type { GiveUpReason } from "./gateway-port.ts";
import type { Holding } from "./holding.ts";
import { MoveRetries } from "./move-retries.ts";
import { protocolChoice } from "./protocol-choice.ts";
import type { ServiceContext } from "./service-context.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import { cutoverPolicyOf, isSpliced, lossPolicyOf, protocolOf } from "./tunnel-policies.ts";
import { WavePacer } from "./wave-pacer.ts";

export interface TunnelMovesOptions {
  context: ServiceContext;
  sweep: DeadlineSweep;
  holding: Holding;
  active: () => ServiceUpstream;
  /** Gives it a turn, at the pace of the waves; `take` is asked then. */
  queue: (tunnels: Iterable<OpenTunnel>) => void;
  /** It has left its upstream. */
  onLeft: () => void;
}

// A closing handshake is cheap for an upstream; but thousands at once would keep the gateway from all else.
const LEAVES_PER_SECOND = 5000;

export class TunnelMoves implements MoveOwner {
  readonly parked = new TunnelRegister();
  /** What Socket.IO clients have said by long-polling, before their tunnels. */
  readonly polled = new PolledSessions();
  readonly #options: TunnelMovesOptions;
  readonly #shared: SpliceShared;
  readonly #leaves: WavePacer<SplicedTunnel>;
  /** Ordered to leave for a hold, and have not answered yet. */
  readonly #leaving = new Set<SplicedTunnel>();
  /** On their way to an upstream. */
  readonly #moving = new Set<SplicedTunnel>();
  readonly #retries: MoveRetries;
  /** Sent away, or about to be. */
  readonly #givenUp = new WeakSet<SplicedTunnel>();
  readonly #choices = new WeakMap<object, ProtocolChoice>();
  /** What is to be left for the hold; null: there is none. */
  #held: Upstream | null = null;
  #stopped = false;

  constructor(options: TunnelMovesOptions) {
    this.#options = options;
    const { clock, settings } = options.context;
    const { splice } = settings.webSocket;
    this.#shared = {
      clock,
      sweep: options.sweep,
      budget: new KeptBudget(splice.totalBytes),
      parked: this.parked,
      moves: this,
      bounds: splice,
    };
    this.#retries = new MoveRetries(clock, (tunnel) => this.#goOn([tunnel]));
    this.#leaves = new WavePacer({
      clock,
      perSecond: LEAVES_PER_SECOND,
      run: (tunnel) => this.#leaveForHold(tunnel),
    });
  }

  /** How many are still to be parked for a hold. */
  get leaving(): number {
    return this.#leaves.size + this.#leaving.size;
  }

  configure(): void {
    const { splice } = this.#options.context.settings.webSocket;
    this.#shared.bounds = splice;
    this.#shared.budget.limitBytes = splice.totalBytes;
  }

  /** Null: the handshake opens a tunnel that passes bytes. */
  opener(head: RequestHead): TunnelOpener | null {
    const { webSocket } = this.#options.context.settings;
    if (this.#stopped || !isSpliced(webSocket, head.path)) return null;
    return splicedOpener(head, this.#choiceOf(head.path), this.#shared);
  }

  /** The mode, the active upstream or its reachability may have changed. */
  update(): void {
    const { mode } = this.#options.context;
    const held = mode.name === "hold" ? this.#active : null;
    const isHeldAnew = held !== null && held !== this.#held;
    this.#held = held;
    if (held === null) this.#leaves.cancel();
    if (isHeldAnew) this.#clear(held);
    this.#goOn(this.#awaiting());
  }

  /** For a hold: so that their upstream can be stopped. */
  park(tunnels: Iterable<SplicedTunnel>): void {
    this.#leaves.add(tunnels);
  }

  /** One was opened while the service is held: its handshake had been sent before. */
  onOpened(tunnel: SplicedTunnel): void {
    if (this.#held !== null) this.park([tunnel]);
  }

  /** Its turn in the waves. False: it is not to be moved, but to be sent away. */
  take(tunnel: SplicedTunnel): boolean {
    if (this.#stopped || this.#givenUp.has(tunnel)) return false;
    if (tunnel.isParked) {
      if (this.#isGateOpen) this.#move(tunnel);
      return true;
    }
    if (!tunnel.isOpen) return true;
    if (cutoverPolicyOf(this.#settings, tunnel.path) !== "splice") return false;
    this.#leave(tunnel);
    return true;
  }

  /** No tunnel is moved any more; those without an upstream are sent away in waves. */
  stop(): void {
    this.#stopped = true;
    this.#leaves.cancel();
    this.#options.queue([...this.parked.open]);
  }

  onTunnelClosed(tunnel: SplicedTunnel): void {
    this.#leaves.remove(tunnel);
    this.#leaving.delete(tunnel);
    this.#moving.delete(tunnel);
    this.#retries.forget(tunnel);
  }

  /** False: its client is to be sent away. */
  onUpstreamLost(tunnel: SplicedTunnel): boolean {
    const isStaying = this.#afterLoss(tunnel);
    this.#options.onLeft();
    return isStaying;
  }

  survivesLoss(tunnel: SplicedTunnel): boolean {
    if (this.#stopped || this.#givenUp.has(tunnel) || tunnel.obstacle !== null) return false;
    if (this.#options.context.mode.name === "maintenance") return false;
    return this.#held !== null || lossPolicyOf(this.#settings, tunnel.path) === "splice";
  }

  onLeft(tunnel: SplicedTunnel, obstacle: string | null): void {
    const wasForHold = this.#leaving.delete(tunnel);
    if (obstacle !== null) {
      // A hold may pass before its upstream does.
      const mayStay = wasForHold && this.#active.tunnels.has(tunnel);
      if (!mayStay) this.#giveUp(tunnel, "obstacle", obstacle);
    } else if (!this.#isTooUnsure(tunnel)) {
      // It has had its turn.
      if (this.#isGateOpen && !this.#stopped) this.#move(tunnel);
      else this.#goOn([tunnel]);
    }
    this.#options.onLeft();
  }

  onMoved(tunnel: SplicedTunnel, upstream: Upstream, gapMs: number): void {
    const { context } = this.#options;
    this.#moving.delete(tunnel);
    this.#retries.moved(tunnel);
    countGap(context.counters, gapMs);
    context.emit({
      type: "tunnel_moved",
      service: context.name,
      protocol: tunnel.protocol,
      upstream: upstream.name,
      gapMs: Math.round(gapMs),
    });
    if (this.#held !== null) this.park([tunnel]);
    else if (upstream !== this.#active || this.#stopped) this.#options.queue([tunnel]);
  }

  onMoveFailed(tunnel: SplicedTunnel, failure: MoveFailure): void {
    this.#moving.delete(tunnel);
    if (this.#stopped) return this.#options.queue([tunnel]);
    const { kind, status, detail } = failure;
    if (kind === "connect") return this.#onNotConnected(tunnel, detail);
    if (kind === "replay") return this.#giveUp(tunnel, "replay", detail);
    if (kind === "malformed" || (kind === "refused" && status < 500)) {
      return this.#giveUp(tunnel, "refused", detail);
    }
    this.#onFailed(tunnel, kind === "refused" ? "refused" : "unreachable", detail);
  }

  onOverflow(tunnel: SplicedTunnel): void {
    this.#countGivenUp(tunnel, "overflow", "its client said more than is kept");
  }

  get #settings() {
    return this.#options.context.settings.webSocket;
  }

  get #active(): Upstream {
    return this.#options.active().engine;
  }

  get #isGateOpen(): boolean {
    const { context, holding } = this.#options;
    return context.mode.name === "open" && holding.automatic === "none";
  }

  #choiceOf(path: string): ProtocolChoice {
    const settings = protocolOf(this.#settings, path);
    const choice = this.#choices.get(settings) ?? protocolChoice(settings, this.polled);
    this.#choices.set(settings, choice);
    return choice;
  }

  /** Why those without an upstream are not to wait for one; null: they are. */
  get #hopeless(): string | null {
    const { context, holding } = this.#options;
    if (context.mode.name === "maintenance") return "the service is in maintenance";
    // A hold that was asked for has a lease of its own.
    const isOverLease = context.mode.name === "open" && holding.automatic === "over-lease";
    return isOverLease ? "the upstream has not come back in time" : null;
  }

  /** Nothing is to be left on an upstream that is held, or on its way there. */
  #clear(upstream: Upstream): void {
    for (const tunnel of this.#moving) tunnel.turnBack();
    this.#moving.clear();
    this.park([...upstream.tunnels].filter((tunnel) => tunnel instanceof SplicedTunnel));
  }

  /** Those that only wait for their turn. */
  #awaiting(): SplicedTunnel[] {
    return [...this.parked.open].filter(
      (tunnel): tunnel is SplicedTunnel =>
        tunnel instanceof SplicedTunnel && tunnel.isParked && !this.#givenUp.has(tunnel),
    );
  }

  #afterLoss(tunnel: SplicedTunnel): boolean {
    if (!this.survivesLoss(tunnel)) {
      const { obstacle } = tunnel;
      const isWanted = lossPolicyOf(this.#settings, tunnel.path) === "splice";
      if (isWanted && obstacle !== null) this.#countGivenUp(tunnel, "obstacle", obstacle);
      this.#givenUp.add(tunnel);
      return false;
    }
    if (this.#isTooUnsure(tunnel)) return true;
    if (this.#retries.hasSettled(tunnel)) this.#goOn([tunnel]);
    else this.#onFailed(tunnel, "unreachable", "its new upstream lost it at once, again and again");
    return true;
  }

  #leaveForHold(tunnel: SplicedTunnel): void {
    if (!tunnel.isOpen || cutoverPolicyOf(this.#settings, tunnel.path) !== "splice") return;
    this.#leaving.add(tunnel);
    this.#leave(tunnel);
  }

  #leave(tunnel: SplicedTunnel): void {
    this.#retries.settled(tunnel);
    tunnel.leave();
  }

  #move(tunnel: SplicedTunnel): void {
    this.#moving.add(tunnel);
    tunnel.moveTo(this.#active);
  }

  /** What becomes of those without an upstream: their turn, their end, or a wait. */
  #goOn(tunnels: SplicedTunnel[]): void {
    const hopeless = this.#hopeless;
    if (hopeless !== null) for (const each of tunnels) this.#giveUp(each, "unreachable", hopeless);
    else if (this.#isGateOpen || this.#stopped) this.#options.queue(tunnels);
  }

  #onNotConnected(tunnel: SplicedTunnel, detail: string): void {
    const { context, holding } = this.#options;
    context.counters.connectFailures++;
    if (!context.settings.hold.automatic) return this.#giveUp(tunnel, "unreachable", detail);
    if (!this.#active.hasReachableAddress)
      holding.onUnreachable({ kind: "connect", detail, resendable: true });
    this.#goOn([tunnel]);
  }

  #onFailed(tunnel: SplicedTunnel, reason: GiveUpReason, detail: string): void {
    const { maxWaitMs } = this.#options.context.settings.hold;
    if (!this.#retries.failed(tunnel, maxWaitMs)) this.#giveUp(tunnel, reason, detail);
  }

  /** Gives it up when what its client said last may be lost, unless that is to be risked. */
  #isTooUnsure(tunnel: SplicedTunnel): boolean {
    if (!tunnel.isUnsure) return false;
    if (this.#settings.splice.onUnknown === "keep") {
      this.#options.context.counters.unsureKept++;
      return false;
    }
    this.#giveUp(tunnel, "unsure", "what its client said last may not have reached the upstream");
    return true;
  }

  #giveUp(tunnel: SplicedTunnel, reason: GiveUpReason, detail: string): void {
    if (this.#givenUp.has(tunnel)) return;
    this.#givenUp.add(tunnel);
    this.#countGivenUp(tunnel, reason, detail);
    this.#options.queue([tunnel]);
  }

  #countGivenUp(tunnel: SplicedTunnel, reason: GiveUpReason, detail: string): void {
    const { counters, emit, name } = this.#options.context;
    counters.givenUp[reason]++;
    emit({ type: "tunnel_given_up", service: name, protocol: tunnel.protocol, reason, detail });
  }
}
