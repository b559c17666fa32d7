// Where a request goes, and why. What happens to it there and when it may go is asked elsewhere (admission.ts).
//
//   it asks for the candidate (its host says so)     tested    the candidate or nothing, in every mode
//   it belongs to a session                          pinned    the upstream that has the session
//   everything else                                            the active upstream

import type { Exchange } from "../proxy/exchange.ts";
import type { ServiceUpstream } from "./service-upstream.ts";
import type { ServiceUpstreams } from "./service-upstreams.ts";

export interface UpstreamChoiceOptions {
  upstreams: ServiceUpstreams;
  /** The upstream that a request is bound to by its session; undefined: by none. */
  pinned?: (exchange: Exchange) => ServiceUpstream | undefined;
}

export class UpstreamChoice {
  readonly #upstreams: ServiceUpstreams;
  readonly #pinned: UpstreamChoiceOptions["pinned"];
  readonly #tested = new WeakSet<Exchange>();

  constructor({ upstreams, pinned }: UpstreamChoiceOptions) {
    this.#upstreams = upstreams;
    this.#pinned = pinned;
  }

  /** Whether a new request asks for the candidate. `isTestHost`: its host does. */
  takeTested(exchange: Exchange, isTestHost: boolean): boolean {
    if (isTestHost) this.#tested.add(exchange);
    return isTestHost;
  }

  // Whatever becomes of the candidate meanwhile: those who test it must not be shown the active upstream.
  isTested(exchange: Exchange): boolean {
    return this.#tested.has(exchange) && exchange.upstream !== this.#upstreams.active.engine;
  }

  /** For one that was not taken as tested; asked anew each time that it is about to be sent. */
  upstreamFor(exchange: Exchange): ServiceUpstream {
    return this.#pinned?.(exchange) ?? this.#upstreams.active;
  }
}
