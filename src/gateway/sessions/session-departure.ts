// How the sessions of an upstream on its way out leave it: each is told once that it is closed, when it has nothing to
// lose by that, and its client comes back to the new upstream.
//
//   at once, or at the deadline, as the policy of the path says; in the pace of the waves ─▶ its turn
//   its turn ─▶ calm: one request, and that has listened in vain for a moment ─▶ closed
//           └─▶ no request: the client has left, or will be told when it asks
//   the deadline ─▶ all of them, calm or not

import type { CutoverPolicy } from "../../config/settings.ts";
import type { Exchange } from "../../proxy/exchange.ts";
import type { DepartingSessions } from "../drain.ts";
import type { ServiceUpstream } from "../service-upstream.ts";
import { type Session, SessionRequest } from "./session.ts";
import type { SessionBook } from "./session-book.ts";
import { sessionEndAnswer } from "./session-end-answer.ts";

export interface SessionDepartureOptions {
  book: SessionBook;
  now: () => number;
  upstream: ServiceUpstream;
  policyOf: (path: string) => CutoverPolicy;
  /** Gives them a turn each (Session.onTurn). */
  takeTurns: (sessions: Iterable<Session>) => void;
  dropTurns: (sessions: Iterable<Session>) => void;
  /** There are no sessions any more that leave. */
  onOver: () => void;
}

/** What the upstream had kept for it has come by then: a server answers a poll at once if it can. */
const CALM_MS = 50;
/** Who polls comes back at once; a telephone's network takes its time. */
const ABSENT_MS = 10_000;
const ABSENT_AT_TURN_MS = 1000;

export class SessionDeparture implements DepartingSessions {
  readonly #options: SessionDepartureOptions;
  readonly #remaining = new Set<Session>();

  constructor(options: SessionDepartureOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#remaining.size;
  }

  start(): void {
    const { book, upstream } = this.#options;
    this.add([...book.of(upstream)]);
    this.look();
  }

  /** Also one that was opened by an answer that was under way. */
  add(sessions: readonly Session[]): void {
    const { policyOf, takeTurns } = this.#options;
    for (const session of sessions) this.#remaining.add(session);
    takeTurns(sessions.filter(({ path }) => policyOf(path) !== "drain"));
  }

  /** They are not to be taken back, nor ended, as other requests are: that would end their sessions. */
  owns({ binding }: Exchange): boolean {
    return binding instanceof SessionRequest;
  }

  /** To be called again and again. */
  look(): void {
    const now = this.#options.now();
    for (const session of this.#remaining) this.#lookAt(session, now);
  }

  /** All that are left, now. */
  end(): void {
    const { book, upstream, dropTurns, onOver } = this.#options;
    dropTurns(this.#remaining);
    this.#remaining.clear();
    const sessions = [...book.of(upstream)];
    for (const session of sessions) this.#close(session);
    onOver();
  }

  /** The upstream is in use again: who has not left stays. */
  keep(): void {
    const { dropTurns, onOver } = this.#options;
    dropTurns(this.#remaining);
    for (const session of this.#remaining) if (session.state === "leaving") session.state = "here";
    this.#remaining.clear();
    onOver();
  }

  #lookAt(session: Session, now: number): void {
    if (session.isGone || session.isOver || session.upgraded) return this.#forget(session);
    const isLeaving = session.state === "leaving";
    if (session.requests.size === 0) {
      const absentMs = isLeaving ? ABSENT_AT_TURN_MS : ABSENT_MS;
      if (now - session.idleSince >= absentMs) this.#close(session);
    } else if (isLeaving && isCalm(session, now)) {
      this.#close(session);
    }
  }

  #close(session: Session): void {
    const { book } = this.#options;
    const requests = [...session.requests];
    if (requests.some(isStreaming)) {
      // It ends behind a whole line; until then the client may go on to send.
      for (const request of requests) endStream(request);
      return;
    }
    book.end(session);
    this.#forget(session);
    for (const request of requests) answer(request);
  }

  #forget(session: Session): void {
    this.#options.dropTurns([session]);
    this.#remaining.delete(session);
  }
}

/** One that sends may be answered by what it brings about: let both arrive. */
function isCalm({ requests }: Session, now: number): boolean {
  const [only] = requests;
  if (only === undefined || requests.size > 1 || !only.listens) return false;
  const { state, sentAt } = only.exchange;
  return (state === "sent" || isStreaming(only)) && now - sentAt >= CALM_MS;
}

function isStreaming({ exchange, listens }: SessionRequest): boolean {
  return listens && exchange.state === "answering" && (exchange.eventStream || exchange.lineStream);
}

function endStream(request: SessionRequest): void {
  if (!isStreaming(request)) return;
  request.isLast = true;
  request.exchange.endEvents();
}

/** What has been sent may have been taken: its answer is the upstream's. What waits is answered when it is to be sent. */
function answer({ exchange, target, listens }: SessionRequest): void {
  if (listens) exchange.answerInstead(sessionEndAnswer(target, exchange.head.header("origin")));
}
