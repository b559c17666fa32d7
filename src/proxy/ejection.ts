// Whether one of several addresses is passed over for a while, because it has just failed.
//
//   in use ── a connection fails, or LOSSES answers in a row are lost ──▶ ejected, for 2 s
//     ▲  ▲                                                                  │
//     │  └── the time is over, or a probe has connected ────────────────────┘   (again: 4 s, 8 s, … 60 s)
//     └── an answer: the next ejection is short again
//
// What an app answers, 5xx too, is no reason: that is what the health check is for. (HAProxy, nginx and Caddy see it so
// by default; they count connections that fail, and answers that are lost or do not come in time.)

const FIRST_MS = 2000;
const LONGEST_MS = 60_000;
const LOSSES = 3;

export class Ejection {
  /** Since when; monotonic milliseconds. */
  since = -Infinity;
  #until = -Infinity;
  /** In a row. */
  #ejections = 0;
  #losses = 0;
  #isUnreachable = false;

  isEjected(now: number): boolean {
    return now < this.#until;
  }

  /** It takes no connections. */
  isUnreachable(now: number): boolean {
    return this.#isUnreachable && this.isEjected(now);
  }

  onConnectFailed(now: number): void {
    this.#eject(now, true);
  }

  /** The connection broke before the answer, or the answer did not begin in time. */
  onLost(now: number): void {
    this.#losses++;
    if (this.#losses >= LOSSES) this.#eject(now, false);
  }

  onAnswered(): void {
    this.#losses = 0;
    this.#ejections = 0;
  }

  /** A connection was made, by somebody who has no request to lose. */
  onConnected(): void {
    if (this.#isUnreachable) this.#until = -Infinity;
  }

  #eject(now: number, isUnreachable: boolean): void {
    // Requests that were on their way together fail together: that is one failure.
    if (!this.isEjected(now)) this.#ejections++;
    const lengthMs = Math.min(FIRST_MS * 2 ** (this.#ejections - 1), LONGEST_MS);
    this.since = now;
    this.#until = now + lengthMs;
    this.#losses = 0;
    this.#isUnreachable = isUnreachable;
  }
}
