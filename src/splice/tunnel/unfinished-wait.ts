// Before an upstream is left: what one side has begun and the other waits for may still be finished, for a moment.
//
//   flowing ── a moment in which nothing is unfinished ──▶ over
//      └─ half the time has passed ─▶ narrowed: the side that waits is not read, lest it begins the next ──▶ over
//
// Not narrowed from the start: to finish, the speaker may need an answer of the other side first.

import type { Clock, Timer } from "../../lib/clock.ts";
import type { Talk } from "../talk.ts";

interface Side {
  pause(): void;
  resume(): void;
}

export interface UnfinishedWaitOptions {
  clock: Clock;
  talk: Talk;
  client: Side;
  upstream: Side;
  /** Nothing is unfinished any more, or it took too long. Both sides are left as they are. */
  onOver: () => void;
}

const FLOWING_MS = 500;
const NARROWED_MS = 500;

export class UnfinishedWait {
  readonly #options: UnfinishedWaitOptions;
  #timer: Timer | null = null;
  #isNarrowed = false;

  constructor(options: UnfinishedWaitOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#timer !== null;
  }

  begin(): void {
    const { clock, onOver } = this.#options;
    this.#isNarrowed = false;
    this.#timer = clock.after(FLOWING_MS, () => {
      this.#isNarrowed = true;
      this.#timer = clock.after(NARROWED_MS, onOver);
      this.check();
    });
    this.check();
  }

  /** A message has passed. */
  check(): void {
    if (this.#timer === null) return;
    const { talk, client, upstream, onOver } = this.#options;
    const side = talk.conversation.unfinished?.() ?? null;
    if (side === null) return onOver();
    if (!this.#isNarrowed) return;
    const [speaker, listener] = side === "client" ? [client, upstream] : [upstream, client];
    listener.pause();
    speaker.resume();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
