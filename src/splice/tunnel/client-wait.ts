// The time in which a client has no upstream: it must not notice, and what it says is kept, up to a bound.

import type { Clock, Timer } from "../../lib/clock.ts";
import type { Message } from "../protocol.ts";
import type { Talk } from "../talk.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { KeptMessages } from "./kept-messages.ts";
import type { MessageSocket } from "./message-socket.ts";

export interface ClientWaitOptions {
  clock: Clock;
  talk: Talk;
  client: MessageSocket;
  kept: KeptMessages;
  maxBytes: () => number;
  /** For too long the client had more to say than is kept. */
  onOverflow: () => void;
}

// A client of whom enough is kept is not read; longer than this its own heartbeats would go unanswered.
const FULL_MS = 10_000;

export class ClientWait {
  readonly #options: ClientWaitOptions;
  readonly #heartbeats: Heartbeats;
  /** Monotonic milliseconds; null: it does not wait. */
  #since: number | null = null;
  #full: Timer | null = null;

  constructor(options: ClientWaitOptions) {
    const { clock, talk, client } = options;
    this.#options = options;
    this.#heartbeats = new Heartbeats({
      clock,
      next: () => talk.conversation.heartbeat(),
      send: (message) => client.send(message),
    });
  }

  /** Harmless when it has begun. */
  begin(): void {
    if (this.#since !== null) return;
    this.#since = this.#options.clock.now();
    this.#heartbeats.start();
    // What was kept for a slow upstream has not passed by the protocol yet.
    for (const message of this.#options.kept.takeAll()) if (this.#since !== null) this.take(message);
  }

  /** Returns how long it was, in milliseconds. */
  end(): number {
    const gapMs = this.#since === null ? 0 : this.#options.clock.now() - this.#since;
    this.#since = null;
    this.silence();
    this.#full?.cancel();
    this.#full = null;
    return gapMs;
  }

  /** Nobody listens any more. */
  silence(): void {
    this.#heartbeats.stop();
  }

  /** What the client says. */
  take(message: Message): void {
    const { talk, client, kept, onOverflow } = this.#options;
    const { keep, answers } = talk.conversation.whileWaiting(message);
    for (const answer of answers) client.send(answer);
    if (keep) kept.add(message);
    if (keep && kept.isOverrun) onOverflow();
    else this.check();
  }

  /** Something more has come. */
  check(): void {
    const { clock, client, kept, maxBytes, onOverflow } = this.#options;
    if (this.#since === null || this.#full) return;
    const isFull = kept.isFull(maxBytes(), client.unfinishedBytes);
    // What it is answered must not pile up either.
    if (isFull || client.isBehind) client.pause();
    if (isFull) this.#full = clock.after(FULL_MS, onOverflow);
  }

  /** Reads the client, unless enough is kept of it, or it does not read its answers. */
  resumeReading(): void {
    const { client } = this.#options;
    if (this.#full === null && !client.isBehind) client.resume();
    this.check();
  }
}
