// Keeps sessions of long-polling with the process that has them: of Engine.IO (Socket.IO) and SockJS, cookie or not.
// The answer that opens a session tells its name; from then on its requests go to the very address that gave it, also
// while that upstream drains. Who owns what: session-book.ts the sessions, session-departure.ts those that must leave.

import type { CutoverPolicy } from "../../config/settings.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Exchange } from "../../proxy/exchange.ts";
import type { Outcome, UpstreamFailure } from "../../proxy/exchange-owner.ts";
import type { Upstream } from "../../proxy/upstream.ts";
import type { DepartingSessions } from "../drain.ts";
import type { ServiceUpstream } from "../service-upstream.ts";
import { CloseTap, mayBeClose } from "./close-tap.ts";
import { joinedTaps } from "./joined-taps.ts";
import { OpeningTap } from "./opening-tap.ts";
import { Session, SessionRequest } from "./session.ts";
import { SessionBook } from "./session-book.ts";
import { SessionDeparture } from "./session-departure.ts";
import { sessionEndAnswer } from "./session-end-answer.ts";
import { isOpeningOver, isSockJsAnswer, openedSid } from "./session-opening.ts";
import { engineIoKey, isLineStream, readSessionTarget, type SessionTarget } from "./session-target.ts";

export interface SessionAffinityOptions {
  clock: Clock;
  /** Undefined: not (any more) one of the service's. */
  upstreamOf: (engine: Upstream) => ServiceUpstream | undefined;
  policyOf: (path: string) => CutoverPolicy;
  takeTurns: (sessions: Iterable<Session>) => void;
  dropTurns: (sessions: Iterable<Session>) => void;
  /** The service is open, and its active upstream can be reached. */
  isOpen: () => boolean;
}

export class SessionAffinity {
  readonly #options: SessionAffinityOptions;
  readonly #departures = new Map<ServiceUpstream, SessionDeparture>();
  /** Made for the first session: its two lists are large from the beginning. */
  #kept: SessionBook | null = null;

  constructor(options: SessionAffinityOptions) {
    this.#options = options;
  }

  get book(): SessionBook {
    this.#kept ??= new SessionBook(this.#options.clock);
    return this.#kept;
  }

  /** A new request: binds it to its session, or reads along where one may be opened. Asked for each request. */
  onRequest(exchange: Exchange): void {
    const target = readSessionTarget(exchange.head);
    if (target === null) return;
    exchange.lineStream = isLineStream(target);
    const { key } = target;
    if (key === null) return this.#readOpening(exchange, target);
    const session = this.book.find(key) ?? this.#newcomer(key, exchange, target);
    if (session === null) return;
    this.#bind(session, target, exchange);
  }

  /** Undefined: it may go wherever others go. */
  upstreamFor({ binding }: Exchange): ServiceUpstream | undefined {
    return binding instanceof SessionRequest ? (binding.session.upstream ?? undefined) : undefined;
  }

  /** Answers a request of a session that is gone; false: it is to be sent. */
  answers(exchange: Exchange): boolean {
    const { binding } = exchange;
    if (!(binding instanceof SessionRequest) || !binding.session.isGone) return false;
    exchange.answer(sessionEndAnswer(binding.target, exchange.head.header("origin")));
    return true;
  }

  onSent({ binding, upstream, address }: Exchange): void {
    if (!(binding instanceof SessionRequest) || binding.session.upstream !== null) return;
    const at = upstream && this.#options.upstreamOf(upstream);
    if (at && address) binding.session.settle(at, address);
  }

  /** True: its session is over, and so the request must not be sent again; `answers` has the answer. */
  onFailure({ binding }: Exchange, { kind }: UpstreamFailure): boolean {
    if (!(binding instanceof SessionRequest) || kind === "malformed") return false;
    const { session, listens } = binding;
    // A server ends a session whose poll breaks off, and a process that is gone has none.
    if (kind !== "connect" && listens) {
      if (kind === "lost" && !this.#options.isOpen()) session.address?.onReplaced();
      this.book.end(session);
    }
    return session.isGone;
  }

  onSettled(exchange: Exchange, outcome: Outcome): void {
    const { binding, status } = exchange;
    if (!(binding instanceof SessionRequest)) return;
    const { session, target, isLast } = binding;
    if (outcome === "tunnel") session.upgraded = true;
    else if (outcome === "answered" && session.state !== "gone") this.#judge(session, target, status);
    if (isLast) this.book.end(session);
    this.book.finish(binding);
  }

  departure(upstream: ServiceUpstream): DepartingSessions {
    const { clock, policyOf, takeTurns, dropTurns } = this.#options;
    const departure = new SessionDeparture({
      book: this.book,
      now: () => clock.now(),
      upstream,
      policyOf,
      takeTurns,
      dropTurns,
      onOver: () => {
        if (this.#departures.get(upstream) === departure) this.#departures.delete(upstream);
      },
    });
    this.#departures.set(upstream, departure);
    return departure;
  }

  /** Null: whether it is a session's is not known yet, its answer will show. */
  #newcomer(key: string, exchange: Exchange, target: SessionTarget): Session | null {
    if (target.protocol === "engine.io") return new Session(key, exchange.head.path);
    if (target.role === "listens") this.#readOpening(exchange, target);
    return null;
  }

  #bind(session: Session, target: SessionTarget, exchange: Exchange): void {
    const request = new SessionRequest(session, target, exchange);
    exchange.binding = request;
    this.book.begin(request);
    const { contentLength } = exchange.head.headers;
    if (target.role === "sends" && target.protocol === "engine.io" && mayBeClose(contentLength)) {
      exchange.tap = new CloseTap(() => void (session.closed = true));
    }
  }

  #readOpening(exchange: Exchange, target: SessionTarget): void {
    const tap = new OpeningTap((answer) => {
      const key = openedKey(target, answer);
      if (key !== null) this.#onOpened(key, target, exchange);
      return key !== null || (target.protocol === "engine.io" && isOpeningOver(answer));
    });
    exchange.tap = joinedTaps(exchange.tap, tap);
  }

  #onOpened(key: string, target: SessionTarget, exchange: Exchange): void {
    const { upstream, address, head } = exchange;
    const at = upstream && this.#options.upstreamOf(upstream);
    if (!at || !address) return;
    const session = new Session(key, head.path);
    session.settle(at, address);
    session.proven = true;
    if (target.role === "listens") this.#bind(session, target, exchange);
    else this.book.rest(session);
    this.#departures.get(at)?.add([session]);
  }

  /** What the status of an answer says of a session. */
  #judge(session: Session, { protocol, role }: SessionTarget, status: number): void {
    if (role === "upgrades") return;
    if (status === 200) session.proven = !session.closed;
    // The app does not know it (any more).
    else if (status === (protocol === "engine.io" ? 400 : 404)) this.book.forget(session);
  }
}

function openedKey(target: SessionTarget, answer: string): string | null {
  if (target.protocol === "sockjs")
    return isSockJsAnswer(target.sockJs.transport, answer) ? target.key : null;
  const sid = openedSid(answer);
  return sid === null ? null : engineIoKey(sid);
}
