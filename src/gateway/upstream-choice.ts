// Where a request goes, and why. What happens to it there and when it may go is asked elsewhere (admission.ts).
//
//   it asks for the candidate: a test host, header or cookie     tested    the candidate or nothing, in every mode
//   it belongs to a session                                      pinned    the upstream that has the session
//   it is its client's turn                                      canary    the candidate while it is healthy, else the active one
//   everything else                                                        the active upstream

import type { ServiceSettings } from "../config/settings.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import { CanaryShare, type CanaryShareOptions } from "./canary-share.ts";
import { CandidateMatch } from "./candidate-match.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import type { ServiceUpstreams } from "./service-upstreams.ts";
import type { ServiceSnapshot } from "./snapshot.ts";

export interface UpstreamChoiceOptions extends CanaryShareOptions {
  /** The upstream that a request is bound to by its session; undefined: by none. */
  pinned?: (exchange: Exchange) => ServiceUpstream | undefined;
}

const TOLD = "Holdgate-Slot: candidate\r\n";

export class UpstreamChoice {
  readonly canary: CanaryShare;
  readonly #upstreams: ServiceUpstreams;
  readonly #pinned: UpstreamChoiceOptions["pinned"];
  readonly #tested = new WeakSet<Exchange>();
  #match = new CandidateMatch({ headers: {}, cookies: {} });
  #matched: ServiceSettings["candidate"] | null = null;

  constructor(options: UpstreamChoiceOptions) {
    this.canary = new CanaryShare(options);
    this.#upstreams = options.upstreams;
    this.#pinned = options.pinned;
  }

  apply({ settings, canary }: ServiceSnapshot): void {
    this.canary.configure(canary);
    if (settings.candidate === this.#matched) return;
    this.#matched = settings.candidate;
    this.#match = new CandidateMatch(settings.candidate);
  }

  /**
   * Whether a new request asks for the candidate. `isTestHost`: its host does, and then there is nothing else for it; a
   * header or a cookie that is still there when the candidate is gone leads where everybody goes.
   */
  takeTested(exchange: Exchange, isTestHost: boolean): boolean {
    if (!isTestHost && !this.#isMatched(exchange)) return false;
    this.#tested.add(exchange);
    exchange.answerLines += TOLD;
    return true;
  }

  // Whatever becomes of the candidate meanwhile: those who test it must not be shown the active upstream.
  isTested(exchange: Exchange): boolean {
    return this.#tested.has(exchange) && exchange.upstream !== this.#upstreams.active.engine;
  }

  /** For one that was not taken as tested; asked anew each time that it is about to be sent. */
  upstreamFor(exchange: Exchange): ServiceUpstream {
    return this.#pinned?.(exchange) ?? this.canary.choose(exchange) ?? this.#upstreams.active;
  }

  /** True: it is where its client is not to be any more. */
  onTunnelOpened(tunnel: OpenTunnel, exchange: Exchange): boolean {
    return !this.#tested.has(exchange) && this.canary.onTunnelOpened(tunnel, exchange);
  }

  /** What users have in flight, on the active upstream and as a canary: a hold waits for both. */
  *inFlight(): Generator<Exchange, void> {
    yield* this.#upstreams.active.engine.exchanges;
    yield* this.canary.inFlight();
  }

  #isMatched({ head }: Exchange): boolean {
    return !this.#match.isEmpty && this.#upstreams.candidate !== undefined && this.#match.matches(head);
  }
}
