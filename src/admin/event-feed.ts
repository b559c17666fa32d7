// One listener's stream of events, as server-sent events: what it missed, then what happens. Of frequent events it may
// miss some later on, too: thousands of tunnels can be given up in one moment, which must not end the stream.

import type { EventListener, LoggedEvent } from "../control/event-log.ts";
import { isFrequent } from "../control/frequent-events.ts";
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
  /** The last event that the listener was told. */
  #toldId = 0;
  #isSparing = false;

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
    const listener: EventListener = (event) => this.#tell(event);
    const unsubscribe = events.subscribe(listener);
    if (lastEventId !== undefined) this.#resumeAfter(lastEventId);
    return unsubscribe;
  }

  #tell(event: LoggedEvent): void {
    if (!isFrequent(event.type)) this.#stream.add(toMessage(event));
    else if (!this.#stream.offer(toMessage(event))) return this.#spare();
    this.#toldId = event.id;
    this.#isSparing = false;
  }

  /** Said once, where the gap begins. */
  #spare(): void {
    if (this.#isSparing) return;
    this.#isSparing = true;
    this.#stream.addKept(missedAfter(this.#toldId));
  }

  #resumeAfter(lastEventId: number): void {
    const { events, missed } = this.#options.events.since(lastEventId);
    if (missed) this.#stream.addKept(missedAfter(lastEventId));
    for (const event of events) this.#stream.addKept(toMessage(event));
    this.#toldId = events.at(-1)?.id ?? lastEventId;
  }
}

// Without an `event:` field, so that one onmessage hears all; the type is in the data.
function toMessage(event: LoggedEvent): string {
  return `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`;
}

function missedAfter(id: number): string {
  return `event: missed\ndata: ${JSON.stringify({ after: id })}\n\n`;
}
