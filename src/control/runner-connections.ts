// The runners that are connected, and which of them hears an order.

import type { EventLog } from "./event-log.ts";
import type { RunnerAccepts, RunnerOrder } from "./runner-order.ts";

interface Connection {
  accepts: RunnerAccepts;
  listener: (order: RunnerOrder) => void;
}

export class RunnerConnections {
  readonly #events: EventLog;
  readonly #connections = new Set<Connection>();

  constructor(events: EventLog) {
    this.#events = events;
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Whether one takes any plan. */
  get hasDaemon(): boolean {
    return this.#daemons().length > 0;
  }

  add(accepts: RunnerAccepts, listener: Connection["listener"]): () => void {
    const connection = { accepts, listener };
    this.#connections.add(connection);
    const data = accepts.kind === "run" ? { run: accepts.id } : {};
    this.#events.publish("runner_connected", null, data);
    return () => {
      if (this.#connections.delete(connection)) this.#events.publish("runner_disconnected", null, data);
    };
  }

  /** A plan is carried out once: to the daemon that has been there longest. */
  sendToOne(order: RunnerOrder): void {
    this.#daemons()[0]?.listener(order);
  }

  /**
   * To whoever carries the run out; else to all daemons, of whom those that do not know the run ignore it. False: nobody
   * is there.
   */
  send(order: RunnerOrder): boolean {
    const own = [...this.#connections].filter(
      ({ accepts }) => accepts.kind === "run" && accepts.id === order.id,
    );
    const targets = own.length > 0 ? own : this.#daemons();
    for (const { listener } of targets) listener(order);
    return targets.length > 0;
  }

  #daemons(): Connection[] {
    return [...this.#connections].filter(({ accepts }) => accepts.kind === "plans");
  }
}
