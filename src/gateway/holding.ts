// The requests of a service that wait: why they do, for how long, and how they are let go. A hold that was
// asked for and the automatic one share the queue and the release.

import type { Exchange } from "../proxy/exchange.ts";
import type { UpstreamFailure } from "../proxy/exchange-owner.ts";
import { AutomaticHold, type AutomaticHoldState } from "./automatic-hold.ts";
import type { GatewayEvent } from "./gateway-port.ts";
import { HoldQueue } from "./hold-queue.ts";
import { Release } from "./release.ts";
import type { ServiceContext } from "./service-context.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import { ShedReport } from "./shed-report.ts";

export interface HoldingOptions {
  context: ServiceContext;
  active: () => ServiceUpstream;
  /** Sends one that has waited. */
  send: (exchange: Exchange) => void;
  /** The automatic hold has begun, or ended, or lasted for too long. */
  onAutomaticChange: () => void;
}

type Bound = Extract<GatewayEvent, { type: "shed" }>["bound"];

export class Holding {
  readonly #context: ServiceContext;
  readonly #active: () => ServiceUpstream;
  readonly #queue: HoldQueue<Exchange>;
  readonly #release: Release;
  readonly #automatic: AutomaticHold;
  readonly #shed: ShedReport<Bound>;

  constructor({ context, active, send, onAutomaticChange }: HoldingOptions) {
    const { clock, settings, name: service, emit } = context;
    this.#context = context;
    this.#shed = new ShedReport(clock, (bound, count) => emit({ type: "shed", service, bound, count }));
    this.#active = active;
    this.#queue = new HoldQueue({
      clock,
      ...settings.hold,
      onExpired: (exchange) => this.#onExpired(exchange),
    });
    this.#release = new Release({
      clock,
      queue: this.#queue,
      initial: settings.release.initial,
      send: (exchange) => {
        context.counters.released++;
        this.#endWait(exchange);
        send(exchange);
      },
      onStarted: (held) => emit({ type: "release_started", service, held }),
      onFinished: (released, tookMs) => this.#onReleased(released, tookMs),
    });
    this.#automatic = new AutomaticHold({
      clock,
      onStarted: (upstream, reason) => {
        this.#onUnreachable(upstream, reason);
        onAutomaticChange();
      },
      onEnded: (upstream, heldMs) => {
        this.#onReachable(upstream, heldMs);
        onAutomaticChange();
      },
      onLeaseOver: () => {
        this.#onLeaseOver();
        onAutomaticChange();
      },
    });
  }

  get size(): number {
    return this.#queue.size;
  }

  get releaseLimit(): number | null {
    return this.#release.limit;
  }

  get automatic(): AutomaticHoldState {
    return this.#automatic.state;
  }

  /** Milliseconds since 1970; null while the active upstream can be reached. */
  get automaticSince(): number | null {
    return this.#automatic.since;
  }

  configure(): void {
    const { hold, release } = this.#context.settings;
    this.#queue.configure(hold);
    this.#release.configure(release.initial);
  }

  /** Keeps a request waiting; sheds it when a bound is hit. */
  add(exchange: Exchange): void {
    const { counters, answers, mode } = this.#context;
    const outcome = exchange.body?.overBudget ? "bodyMemory" : this.#enqueue(exchange, false);
    if (outcome === "held") return;
    counters.shed++;
    this.#shed.add(outcome);
    answers.unavailable(exchange, "shed", mode);
  }

  /** One that had been sent, and may be sent again, waits at its old place. */
  readmit(exchange: Exchange): void {
    const { counters, answers, mode } = this.#context;
    counters.forwarded--;
    this.#release.forget(exchange);
    if (mode.name === "maintenance") {
      counters.refused++;
      return answers.unavailable(exchange, "maintenance", mode);
    }
    this.#enqueue(exchange, true);
    this.#release.pump();
  }

  /** False when it does not wait here. */
  remove(exchange: Exchange): boolean {
    return this.#queue.remove(exchange);
  }

  /** Lets go in order, as soon as the upstream can be reached. */
  open(): void {
    if (this.#automatic.state === "none") return this.#release.open();
    this.#release.close();
    if (this.#automatic.state === "over-lease") this.refuseAll("unreachable");
  }

  close(): void {
    this.#release.close();
  }

  refuseAll(cause: "maintenance" | "unreachable"): void {
    const { counters, answers, mode, waiters } = this.#context;
    for (const exchange of this.#queue.clear()) {
      counters.refused++;
      this.#endWait(exchange);
      answers.unavailable(exchange, cause, mode);
    }
    waiters.check();
  }

  /** The active upstream refused a connection. */
  onUnreachable(failure: UpstreamFailure): void {
    this.#automatic.start(this.#active(), failure.detail, this.#context.settings.hold.leaseMs);
  }

  /** Another upstream is active, or there are no automatic holds any more: whether it can be reached is found out by sending to it. */
  forgetUnreachable(): void {
    this.#automatic.end();
  }

  onAnswer(exchange: Exchange, status: number): void {
    this.#release.onAnswer(exchange, status);
  }

  onTrouble(exchange: Exchange): void {
    this.#release.onTrouble(exchange);
  }

  onSettled(exchange: Exchange): void {
    this.#release.onSettled(exchange);
  }

  retire(): void {
    this.#automatic.cancel();
    this.#release.close();
    this.#shed.stop();
    this.refuseAll("unreachable");
  }

  #enqueue(exchange: Exchange, force: boolean): "held" | "maxRequests" | "maxPerClient" {
    const { clock, counters, mode, settings } = this.#context;
    const isFirstTime = exchange.heldSince < 0;
    const since = isFirstTime ? clock.now() : exchange.heldSince;
    const maxWaitMs = mode.name === "hold" ? mode.maxWaitMs : settings.hold.maxWaitMs;
    const { client } = exchange.head.headers;
    const place = { order: exchange.sequence, client, deadline: since + maxWaitMs, since, force };
    const outcome = this.#queue.add(exchange, place);
    if (outcome !== "held") return outcome;
    if (isFirstTime) counters.held++;
    exchange.heldSince = since;
    return outcome;
  }

  /** However the wait ended: the answer, the log and the metrics say how long it was. */
  #endWait(exchange: Exchange): void {
    const { clock, counters } = this.#context;
    const heldMs = clock.now() - exchange.heldSince;
    // One that was held before brings the time of then along.
    counters.heldMs += heldMs - Math.max(exchange.heldMs, 0);
    exchange.heldMs = heldMs;
  }

  #onExpired(exchange: Exchange): void {
    const { counters, answers, mode, waiters } = this.#context;
    counters.expired++;
    this.#endWait(exchange);
    answers.unavailable(exchange, "expired", mode);
    waiters.check();
  }

  #onReleased(released: number, tookMs: number): void {
    const { emit, name, waiters } = this.#context;
    emit({ type: "release_finished", service: name, released, tookMs: Math.round(tookMs) });
    waiters.check();
  }

  #onUnreachable(upstream: string, reason: string): void {
    this.#release.close();
    this.#context.emit({ type: "automatic_hold_started", service: this.#context.name, upstream, reason });
  }

  // A hold that was asked for has a lease of its own. Here `onLeaseEnd: open` would only turn the page into
  // a 502, so there is nothing to choose: visitors are told, until the upstream is back.
  #onLeaseOver(): void {
    this.#context.emit({ type: "automatic_hold_over_lease", service: this.#context.name });
    if (this.#context.mode.name === "open") this.refuseAll("unreachable");
  }

  #onReachable(upstream: string, heldMs: number): void {
    const { emit, name, mode } = this.#context;
    emit({ type: "automatic_hold_ended", service: name, upstream, heldMs: Math.round(heldMs) });
    if (mode.name === "open") this.#release.open();
  }
}
