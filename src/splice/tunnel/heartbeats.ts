// What a client hears while it has no upstream, so that it does not take its connection for dead.

import type { Clock, Timer } from "../../lib/clock.ts";
import type { Heartbeat, Message } from "../protocol.ts";

export interface HeartbeatsOptions {
  clock: Clock;
  /** Asked before each one; null: there are no more. */
  next: () => Heartbeat | null;
  send: (message: Message) => void;
}

export class Heartbeats {
  readonly #options: HeartbeatsOptions;
  #timer: Timer | null = null;

  constructor(options: HeartbeatsOptions) {
    this.#options = options;
  }

  /** The first one goes at once: nobody knows how long ago the upstream's last one was. */
  start(): void {
    this.stop();
    const { clock, next, send } = this.#options;
    const heartbeat = next();
    if (heartbeat === null) return;
    send(heartbeat.message);
    this.#timer = clock.after(heartbeat.everyMs, () => this.start());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
