// Lets held requests go: in order, and no more at once than the ramp allows.
//
//   closed ──open()──▶ open ──first held──▶ ramping ──queue empty──▶ open
//      ▲                                       │
//      └───────────────close()─────────────────┘

import type { Clock, Timer } from "../lib/clock.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { HoldQueue } from "./hold-queue.ts";
import { ReleaseRamp } from "./release-ramp.ts";

export interface ReleaseOptions {
  clock: Clock;
  queue: HoldQueue<Exchange>;
  initial: number;
  /** Sends one that was taken from the queue. */
  send: (exchange: Exchange) => void;
  /** Not told of a release that needs no time, nor of its end. */
  onStarted: (held: number) => void;
  onFinished: (released: number, tookMs: number) => void;
}

// A released long poll may go unanswered for half a minute, and eight of them must not keep all others
// waiting: after this time a request no longer counts.
const SLOW_MS = 2000;

interface Run {
  ramp: ReleaseRamp;
  startedAt: number;
  /** How many were held when it began. */
  held: number;
  released: number;
  /** One that is over as soon as it began is not worth an event: a lost request that is sent again at once. */
  told: boolean;
}

export class Release {
  readonly #options: ReleaseOptions;
  #initial: number;
  #open = false;
  #run: Run | null = null;
  /** Released, not yet settled, in the order of their release; with the time of it. */
  readonly #outstanding = new Map<Exchange, number>();
  #timer: Timer | null = null;
  #pumping = false;

  constructor(options: ReleaseOptions) {
    this.#options = options;
    this.#initial = options.initial;
  }

  /** How many may be in flight at once while held requests are let go; null when none are. */
  get limit(): number | null {
    return this.#run?.ramp.limit ?? null;
  }

  configure(initial: number): void {
    this.#initial = initial;
  }

  open(): void {
    this.#open = true;
    if (this.#options.queue.size > 0) this.#tell(this.#begin());
    this.pump();
  }

  /** What it has sent still counts when it is opened again: the upstream may have it yet. */
  close(): void {
    this.#open = false;
    this.#finish();
  }

  /** The head of an answer has come to a request that may be one of ours. */
  onAnswer(exchange: Exchange, status: number): void {
    if (!this.#outstanding.has(exchange)) return;
    if (status < 500) this.#run?.ramp.good();
    else this.#run?.ramp.trouble();
    // These do not settle by themselves.
    if (exchange.eventStream || status === 101) this.onSettled(exchange);
  }

  onTrouble(exchange: Exchange): void {
    if (!this.#outstanding.delete(exchange)) return;
    this.#run?.ramp.trouble();
  }

  /** It was taken back from its upstream, and waits again. */
  forget(exchange: Exchange): void {
    this.#outstanding.delete(exchange);
  }

  onSettled(exchange: Exchange): void {
    this.#outstanding.delete(exchange);
    // Also for one that was struck off as trouble before: nobody else would send the next.
    if (this.#run) this.pump();
  }

  /** Sends as many as may go now. */
  pump(): void {
    // Sending may come back here (an answer at once): the loop below goes on by itself.
    if (!this.#open || this.#pumping) return;
    const { queue } = this.#options;
    if (queue.size > 0) this.#begin();
    this.#pumping = true;
    while (this.#run && queue.size > 0 && this.#outstanding.size < this.#run.ramp.limit)
      this.#sendNext(this.#run);
    this.#pumping = false;
    if (queue.size === 0) {
      this.#finish();
      return this.#outstanding.clear();
    }
    if (this.#run) this.#tell(this.#run);
    this.#watchSlow();
  }

  #begin(): Run {
    if (this.#run) return this.#run;
    this.#dropSlow();
    const { clock, queue } = this.#options;
    const ramp = new ReleaseRamp(this.#initial);
    this.#run = { ramp, startedAt: clock.now(), held: queue.size, released: 0, told: false };
    return this.#run;
  }

  #tell(run: Run): void {
    if (run.told) return;
    run.told = true;
    this.#options.onStarted(run.held);
  }

  #sendNext(run: Run): void {
    const { clock, queue, send } = this.#options;
    const exchange = queue.take();
    if (!exchange) return;
    run.released++;
    this.#outstanding.set(exchange, clock.now());
    send(exchange);
  }

  #finish(): void {
    const run = this.#run;
    this.#run = null;
    this.#timer?.cancel();
    this.#timer = null;
    if (run?.told) this.#options.onFinished(run.released, this.#options.clock.now() - run.startedAt);
  }

  #watchSlow(): void {
    const [oldest] = this.#outstanding.values();
    if (oldest === undefined || this.#timer) return;
    const { clock } = this.#options;
    this.#timer = clock.after(oldest + SLOW_MS - clock.now(), () => {
      this.#timer = null;
      this.#dropSlow();
      this.pump();
    });
  }

  #dropSlow(): void {
    const now = this.#options.clock.now();
    for (const [exchange, releasedAt] of this.#outstanding) {
      if (now - releasedAt < SLOW_MS) return;
      this.#outstanding.delete(exchange);
    }
  }
}
