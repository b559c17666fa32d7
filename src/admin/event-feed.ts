// One listener's stream of events, as server-sent events. The listener's reading drives it:
//
//   event ─▶ waiting (bounded) ─▶ pull ─▶ socket
//
// While the socket takes nothing, events wait here; at the bound the listener is dropped. It comes back
// with Last-Event-ID and goes on from the log, so nothing is lost for who was only slow for a moment.

import type { EventListener, LoggedEvent } from "../control/event-log.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import type { EventsPort } from "./admin-ports.ts";

const MOST_WAITING = 1_000;
/** Proxies and routers forget a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
const RECONNECT_MS = 2_000;

export interface EventFeedOptions {
  events: EventsPort;
  clock: Clock;
  /** The last event the listener has seen; undefined: it wants what comes from now on. */
  lastEventId: number | undefined;
  /** Ends the connection, which may be too full to be told anything. */
  drop: () => void;
}

export class EventFeed {
  readonly #options: EventFeedOptions;
  readonly #encoder = new TextEncoder();
  #waiting: string[] = [];
  #wake: (() => void) | undefined;
  #unsubscribe: (() => void) | undefined;
  #heartbeat: Timer | undefined;
  #ended = false;

  constructor(options: EventFeedOptions) {
    this.#options = options;
  }

  /** Nothing is subscribed before the first read: the answer to a HEAD has a body that nobody reads. */
  stream(): ReadableStream<Uint8Array> {
    const source = {
      pull: (controller: ReadableStreamDefaultController<Uint8Array>) => this.#pull(controller),
      cancel: () => this.#end(),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (!this.#unsubscribe) this.#begin();
    if (this.#waiting.length === 0 && !this.#ended) await this.#nextText();
    if (this.#ended) return controller.close();
    controller.enqueue(this.#encoder.encode(this.#waiting.join("")));
    this.#waiting = [];
  }

  // Subscribed and read back in one step, so that no event falls between.
  #begin(): void {
    const { events, lastEventId } = this.#options;
    const listener: EventListener = (event) => this.#add(event);
    this.#unsubscribe = events.subscribe(listener);
    this.#waiting.push(`retry: ${RECONNECT_MS}\n\n`);
    if (lastEventId !== undefined) this.#resumeAfter(lastEventId);
    this.#scheduleHeartbeat();
  }

  #resumeAfter(lastEventId: number): void {
    const { events, missed } = this.#options.events.since(lastEventId);
    if (missed) this.#waiting.push(`event: missed\ndata: ${JSON.stringify({ after: lastEventId })}\n\n`);
    for (const event of events) this.#waiting.push(toMessage(event));
  }

  #add(event: LoggedEvent): void {
    if (this.#waiting.length >= MOST_WAITING) return this.#drop();
    this.#waiting.push(toMessage(event));
    this.#wake?.();
  }

  #drop(): void {
    this.#end();
    this.#options.drop();
  }

  #end(): void {
    this.#ended = true;
    this.#unsubscribe?.();
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

  // Only for who reads: another one gets its waiting events first.
  #scheduleHeartbeat(): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT_MS, () => {
      if (this.#wake) this.#waiting.push(": still here\n\n");
      this.#wake?.();
      this.#scheduleHeartbeat();
    });
  }
}

// Without an `event:` field, so that one onmessage hears all; the type is in the data.
function toMessage(event: LoggedEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}
