// All that happens, numbered, for whoever listens: the newest events are kept, so that a listener that was
// away for a moment can go on where it stopped. Those that come by the hundred are kept apart, or a cutover would push
// out all that led to it.

import type { Clock } from "../lib/clock.ts";
import { silentLog } from "./control-log.ts";
import type { ControlLog } from "./control-log.ts";
import { isFrequent } from "./frequent-events.ts";
import { NewestEvents } from "./newest-events.ts";

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
  readonly #listeners = new Set<EventListener>();
  readonly #rare: NewestEvents;
  readonly #frequent: NewestEvents;
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
    // Numbers start at the time, not at 1, so that they go up across restarts: a listener that resumes
    // with a number of the process before is told that it missed something, not fed a mixture.
    this.#nextId = Math.floor(clock.wall());
    this.#rare = new NewestEvents(capacity, this.#nextId - 1);
    this.#frequent = new NewestEvents(capacity, this.#nextId - 1);
  }

  publish(type: string, service: string | null, data: Record<string, unknown> = {}): LoggedEvent {
    const event = { id: this.#nextId, at: new Date(this.#clock.wall()).toISOString(), type, service, data };
    this.#nextId += 1;
    (isFrequent(type) ? this.#frequent : this.#rare).add(event);
    for (const listener of this.#listeners) this.#tell(listener, event);
    return event;
  }

  /** What came after the event `id`; `missed` when some of it is no longer, or was never, kept here. */
  since(id: number): { events: LoggedEvent[]; missed: boolean } {
    const [rare, frequent] = [this.#rare.kept(), this.#frequent.kept()];
    const kept = [...rare, ...frequent].toSorted((one, other) => one.id - other.id);
    if (id >= this.#nextId) return { events: kept, missed: true };
    const missed = id < this.#rare.forgottenId || id < this.#frequent.forgottenId;
    return { events: kept.filter((event) => event.id > id), missed };
  }

  /** Calls `listener` with each event from now on. Unsubscribing twice is harmless. */
  subscribe(listener: EventListener): () => void {
    // Wrapped, so that the same function subscribed twice is two listeners.
    const own: EventListener = (event) => listener(event);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  #tell(listener: EventListener, event: LoggedEvent): void {
    try {
      listener(event);
    } catch (err) {
      this.#log.error({ err, event: event.type }, "a listener failed on an event; the others are told");
    }
  }
}
