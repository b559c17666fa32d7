// The body of a stream of server-sent events. The listener's reading drives it:
//
//   add ─▶ waiting (bounded) ─▶ pull ─▶ socket
//
// While the socket takes nothing, messages wait here; at the bound the listener is dropped. It comes back, and is
// told what it missed by whoever feeds the stream. What may be left out is offered instead, and nobody is dropped for it.

import type { Clock, Timer } from "../lib/clock.ts";

const MOST_WAITING = 1_000;
/** Less, so that there is room for what must be told behind it. */
const MOST_OFFERED = 900;
/** Proxies and routers forget a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;

export interface ServerSentStreamOptions {
  clock: Clock;
  /** Called at the first read, because the answer to a HEAD has a body that nobody reads. Gives what ends it. */
  begin: () => () => void;
  /** Ends the connection, which may be too full to be told anything. */
  drop: () => void;
}

export class ServerSentStream {
  readonly #options: ServerSentStreamOptions;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #wake: (() => void) | undefined;
  #end: (() => void) | undefined;
  #heartbeat: Timer | undefined;
  #ended = false;

  constructor(options: ServerSentStreamOptions) {
    this.#options = options;
  }

  readable(): ReadableStream<Uint8Array> {
    const source = {
      pull: (controller: ReadableStreamDefaultController<Uint8Array>) => this.#pull(controller),
      cancel: () => this.#stop(),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  /** A message that has just come up. */
  add(message: string): void {
    if (this.#waiting.length >= MOST_WAITING) return this.#drop();
    this.addKept(message);
  }

  /** A message that may be left out: false when so much waits that it was. */
  offer(message: string): boolean {
    if (this.#waiting.length >= MOST_OFFERED) return false;
    this.addKept(message);
    return true;
  }

  /** For the few that must be told in any case, and for those at the beginning, as many as are kept. */
  addKept(message: string): void {
    if (this.#ended) return;
    this.#waiting.push(message);
    this.#wake?.();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (!this.#end) this.#begin();
    if (this.#waiting.length === 0 && !this.#ended) await this.#nextText();
    if (this.#ended) return controller.close();
    controller.enqueue(this.#encoder.encode(this.#waiting.join("")));
    this.#waiting = [];
  }

  #begin(): void {
    this.#waiting.push(`retry: ${RECONNECT_MS}\n\n`);
    this.#end = this.#options.begin();
    this.#scheduleHeartbeat();
  }

  #drop(): void {
    this.#stop();
    this.#options.drop();
  }

  #stop(): void {
    this.#ended = true;
    this.#end?.();
    this.#heartbeat?.cancel();
    this.#waiting = [];
    this.#wake?.();
  }

  #nextText(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  // Only for who reads: another one gets its waiting messages first.
  #scheduleHeartbeat(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      if (this.#wake) this.#waiting.push(": still here\n\n");
      this.#wake?.();
      this.#scheduleHeartbeat();
    });
  }
}
