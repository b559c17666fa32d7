// All that happens, numbered, for whoever listens: the newest events are kept, so that a listener that was
// away for a moment can go on where it stopped.

import type { Clock } from "../lib/clock.ts";
import { silentLog } from "./control-log.ts";
import type { ControlLog } from "./control-log.ts";

export interface LoggedEvent {
  id: number;
  /** ISO 8601, UTC. */
  at: string;
  type: string;
  /** Null: about the gateway as a whole. */
  service: string | null;
  data: Record<string, unknown>;
}

export type EventListener = (event: LoggedEvent) => void;

export class EventLog {
  readonly #clock: Clock;
  readonly #log: ControlLog;
  readonly #capacity: number;
  readonly #listeners = new Set<EventListener>();
  #events: LoggedEvent[] = [];
  #nextId: number;

  constructor({
    clock,
    log = silentLog,
    capacity = 1000,
  }: {
    clock: Clock;
    log?: ControlLog;
    capacity?: number;
  }) {
    this.#clock = clock;
    this.#log = log;
    this.#capacity = capacity;
    // Numbers start at the time, not at 1, so that they go up across restarts: a listener that resumes
    // with a number of the process before is told that it missed something, not fed a mixture.
    this.#nextId = Math.floor(clock.wall());
  }

  publish(type: string, service: string | null, data: Record<string, unknown> = {}): LoggedEvent {
    const event = { id: this.#nextId, at: new Date(this.#clock.wall()).toISOString(), type, service, data };
    this.#nextId += 1;
    this.#events.push(event);
    // Trimmed in one go now and then, because shifting an array for each event costs its length.
    if (this.#events.length >= 2 * this.#capacity) this.#events = this.#kept();
    for (const listener of this.#listeners) this.#tell(listener, event);
    return event;
  }

  /** What came after the event `id`; `missed` when some of it is no longer, or was never, kept here. */
  since(id: number): { events: LoggedEvent[]; missed: boolean } {
    const kept = this.#kept();
    const oldestId = kept[0]?.id ?? this.#nextId;
    const missed = id < oldestId - 1 || id >= this.#nextId;
    return { events: missed ? kept : kept.filter((event) => event.id > id), missed };
  }

  /** Calls `listener` with each event from now on. Unsubscribing twice is harmless. */
  subscribe(listener: EventListener): () => void {
    // Wrapped, so that the same function subscribed twice is two listeners.
    const own: EventListener = (event) => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #kept(): LoggedEvent[] {
    return this.#events.slice(-this.#capacity);
  }

  #tell(listener: EventListener, event: LoggedEvent): void {
    try {
      listener(event);
    } catch (err) {
      this.#log.error({ err, event: event.type }, "a listener failed on an event; the others are told");
    }
  }
}
