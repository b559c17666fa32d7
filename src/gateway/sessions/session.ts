// One session of long-polling, and its requests in flight. It lives in the memory of the process that opened it.
//
//   here ──its turn in the waves──▶ leaving ── calm, or nobody asks any more ──▶ gone
//    ▲ │                              │  └──────── the drain's deadline ─────────▲
//    └─┼── the upstream is active again (rollback)                               │
//      └──────── its process, or its upstream, is no longer there ───────────────┘
//
// Whoever is gone stays gone: what still comes of it is answered here (session-end-answer.ts).

import type { AddressBinding, Exchange } from "../../proxy/exchange.ts";
import type { UpstreamAddress } from "../../proxy/upstream-address.ts";
import type { ServiceUpstream } from "../service-upstream.ts";
import type { SessionTarget } from "./session-target.ts";

export class Session {
  readonly key: string;
  /** Of the request that was its first here. */
  readonly path: string;
  state: "here" | "leaving" | "gone" = "here";
  /** Null: it is known by name only, until a request of it has been sent. */
  upstream: ServiceUpstream | null = null;
  address: UpstreamAddress | null = null;
  /** The upstream has shown that it knows it. */
  proven = false;
  /** Its client has said so. */
  closed = false;
  /** A WebSocket has been opened that is to take over, or has. */
  upgraded = false;
  /** In flight, or held. */
  readonly requests = new Set<SessionRequest>();
  /** When the last of them ended; monotonic milliseconds. */
  idleSince = 0;
  #incarnation = 0;

  constructor(key: string, path: string) {
    this.key = key;
    this.path = path;
  }

  settle(upstream: ServiceUpstream, address: UpstreamAddress): void {
    this.upstream = upstream;
    this.address = address;
    this.#incarnation = address.incarnation;
  }

  get isGone(): boolean {
    if (this.state === "gone") return true;
    return this.address !== null && this.address.incarnation !== this.#incarnation;
  }

  /** Nobody will miss it. */
  get isOver(): boolean {
    return !this.proven && this.requests.size === 0;
  }

  /** Its turn in the waves. */
  onTurn(): void {
    if (this.state === "here") this.state = "leaving";
  }
}

export class SessionRequest implements AddressBinding {
  readonly session: Session;
  readonly target: SessionTarget;
  readonly exchange: Exchange;
  /** Its answer is being ended from here, and with it the session. */
  isLast = false;

  constructor(session: Session, target: SessionTarget, exchange: Exchange) {
    this.session = session;
    this.target = target;
    this.exchange = exchange;
  }

  get address(): UpstreamAddress | null {
    return this.session.address;
  }

  get listens(): boolean {
    return this.target.role === "listens";
  }
}
