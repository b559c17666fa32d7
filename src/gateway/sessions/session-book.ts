// The sessions of a service: those with a request under way, those between two requests, and the names of those that
// are gone. All of it is bounded: by the connections, and by the two limits here.

import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";
import type { ServiceUpstream } from "../service-upstream.ts";
import { Session, type SessionRequest } from "./session.ts";

/** About 300 bytes each. */
const MOST_IDLE = 20_000;
/** Between two polls of a live session lie milliseconds, of a telephone's perhaps seconds. */
const IDLE_MS = 300_000;
/** Nobody polls any more where a WebSocket has taken over. */
const UPGRADED_IDLE_MS = 10_000;
const MOST_GONE = 20_000;
/** For clients that slept meanwhile. */
const GONE_MS = 3_600_000;

export class SessionBook {
  readonly #clock: Clock;
  readonly #busy = new Map<string, Session>();
  readonly #idle: LRUCache<string, Session>;
  readonly #gone: LRUCache<string, true>;

  constructor(clock: Clock) {
    this.#clock = clock;
    // The library takes an entry of the moment 0 for one without a time.
    const perf = { now: () => clock.now() + 1 };
    this.#gone = new LRUCache({ max: MOST_GONE, ttl: GONE_MS, ttlResolution: 0, perf });
    this.#idle = new LRUCache<string, Session>({
      max: MOST_IDLE,
      ttl: IDLE_MS,
      ttlResolution: 0,
      perf,
      dispose: (session, key, reason) => {
        if (reason !== "delete" && reason !== "set" && session.isGone) this.#gone.set(key, true);
      },
    });
  }

  /** All that are known, the gone ones left out. */
  get size(): number {
    return this.#busy.size + this.#idle.size;
  }

  /** How many names of gone ones are kept. */
  get gone(): number {
    return this.#gone.size;
  }

  /** Undefined: never heard of it, or not for long. */
  find(key: string): Session | undefined {
    const session = this.#busy.get(key) ?? this.#idle.get(key);
    if (session !== undefined) {
      if (session.isGone) this.end(session);
      return session;
    }
    return this.#gone.has(key) ? goneSession(key) : undefined;
  }

  /** In no order. */
  *of(upstream: ServiceUpstream): Generator<Session, void> {
    for (const sessions of [this.#busy, this.#idle]) {
      for (const session of sessions.values()) if (session.upstream === upstream) yield session;
    }
  }

  begin(request: SessionRequest): void {
    const { session } = request;
    session.requests.add(request);
    if (session.state === "gone") return;
    this.#idle.delete(session.key);
    this.#busy.set(session.key, session);
  }

  /** The request is over. */
  finish(request: SessionRequest): void {
    const { session } = request;
    if (!session.requests.delete(request) || session.requests.size > 0) return;
    this.rest(session);
  }

  /** It has no request under way; whoever has not shown to be a session is forgotten. */
  rest(session: Session): void {
    session.idleSince = this.#clock.now();
    this.#busy.delete(session.key);
    if (session.state === "gone" || !session.proven) return;
    this.#idle.set(session.key, session, { ttl: session.upgraded ? UPGRADED_IDLE_MS : IDLE_MS });
  }

  /** From now on what comes of it is answered here. Twice is harmless. */
  end(session: Session): void {
    session.state = "gone";
    this.#busy.delete(session.key);
    this.#idle.delete(session.key);
    this.#gone.set(session.key, true);
  }

  /** It has ended as its protocol says, or the app does not know it. */
  forget(session: Session): void {
    session.proven = false;
    if (session.requests.size === 0) this.#idle.delete(session.key);
  }
}

function goneSession(key: string): Session {
  const session = new Session(key, "");
  session.state = "gone";
  return session;
}
