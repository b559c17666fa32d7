// Before an upstream is left: what one side has begun and the other waits for may still be finished, for a moment.

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

const LONGEST_MS = 1000;

export class UnfinishedWait {
  readonly #options: UnfinishedWaitOptions;
  #timer: Timer | null = null;

  constructor(options: UnfinishedWaitOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#timer !== null;
  }

  begin(): void {
    const { clock, onOver } = this.#options;
    this.#timer = clock.after(LONGEST_MS, onOver);
    this.check();
  }

  /** A message has passed. */
  check(): void {
    if (this.#timer === null) return;
    const { talk, client, upstream, onOver } = this.#options;
    const side = talk.conversation.unfinished?.() ?? null;
    if (side === null) return onOver();
    // The other side could begin what would be unfinished then.
    const [speaker, listener] = side === "client" ? [client, upstream] : [upstream, client];
    listener.pause();
    speaker.resume();
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
