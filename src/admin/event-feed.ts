// One listener's stream of events, as server-sent events: what it missed, then what happens.

import type { EventListener, LoggedEvent } from "../control/event-log.ts";
import type { Clock } from "../lib/clock.ts";
import type { EventsPort } from "./admin-ports.ts";
import { ServerSentStream } from "./server-sent-stream.ts";

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
  readonly #stream: ServerSentStream;

  constructor(options: EventFeedOptions) {
    this.#options = options;
    const { clock, drop } = options;
    this.#stream = new ServerSentStream({ clock, drop, begin: () => this.#begin() });
  }

  stream(): ReadableStream<Uint8Array> {
    return this.#stream.readable();
  }

  // Subscribed and read back in one step, so that no event falls between.
  #begin(): () => void {
    const { events, lastEventId } = this.#options;
    const listener: EventListener = (event) => this.#stream.add(toMessage(event));
    const unsubscribe = events.subscribe(listener);
    if (lastEventId !== undefined) this.#resumeAfter(lastEventId);
    return unsubscribe;
  }

  #resumeAfter(lastEventId: number): void {
    const { events, missed } = this.#options.events.since(lastEventId);
    if (missed) {
      this.#stream.addKept(`event: missed\ndata: ${JSON.stringify({ after: lastEventId })}\n\n`);
    }
    for (const event of events) this.#stream.addKept(toMessage(event));
  }
}

// Without an `event:` field, so that one onmessage hears all; the type is in the data.
function toMessage(event: LoggedEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}
