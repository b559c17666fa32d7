// The face of the data plane: listens, and hands each valid request to a handler. It knows no modes and
// no services; it can be started, fuzzed and measured alone.

import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../lib/clock.ts";
import { BodyBudget } from "./body-budget.ts";
import { ClientConnection, type ClientShared } from "./client-connection.ts";
import { DeadlineSweep } from "./deadline-sweep.ts";
import type { ClientSettings } from "./engine-options.ts";
import type { RequestHandler } from "./exchange-owner.ts";

export interface EngineOptions {
  clock: Clock;
  settings: ClientSettings;
  handler: RequestHandler;
}

export type ListenAddress = { host: string; port: number } | { path: string };

const BACKLOG = 4096;

export class Engine {
  /** Shared with the upstreams, so that one sweep serves all deadlines. */
  readonly sweep: DeadlineSweep;
  readonly #shared: ClientShared;
  readonly #servers: Server[] = [];
  #whenEmpty: (() => void) | null = null;

  constructor(options: EngineOptions) {
    this.sweep = new DeadlineSweep(options.clock);
    this.#shared = {
      settings: options.settings,
      handler: options.handler,
      sweep: this.sweep,
      budget: new BodyBudget(),
      connections: new ConnectionSet(() => this.#whenEmpty?.()),
      sequence: 0,
      closing: false,
    };
  }

  get connections(): number {
    return this.#shared.connections.size;
  }

  /** Bytes of request bodies that are kept in memory. */
  get keptBodyBytes(): number {
    return this.#shared.budget.usedBytes;
  }

  /** Holds for connections accepted from now on. */
  configure(settings: ClientSettings): void {
    this.#shared.settings = settings;
  }

  /** Resolves with the address in fact bound; rejects with the system's error. */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) =>
      this.accept(socket),
    );
    await new Promise<void>((resolve, reject) => {
      // It stays on: later errors are of a single connection (accept(2) passes on those of its network),
      // and without a listener they would end the process.
      server.on("error", reject);
      server.listen({ ...address, backlog: BACKLOG }, resolve);
    });
    this.#servers.push(server);
    const bound = server.address();
    return typeof bound === "object" && bound ? { host: bound.address, port: bound.port } : address;
  }

  /** Takes a connection that somebody else accepted, with `allowHalfOpen` and `pauseOnConnect`. */
  accept(socket: Socket): void {
    // A client may be gone before it is taken: such a socket has no address any more.
    if (socket.destroyed) return;
    this.#shared.connections.add(new ClientConnection(socket, this.#shared));
  }

  /** Accepts nothing more, lets what is in flight finish; resolves when no connection is left. */
  async close(): Promise<void> {
    this.#shared.closing = true;
    for (const server of this.#servers) server.close();
    for (const connection of this.#shared.connections) connection.closeWhenIdle();
    if (this.#shared.connections.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
    });
  }

  /** Cuts everything. */
  destroy(): void {
    this.#shared.closing = true;
    for (const server of this.#servers) server.close();
    for (const connection of this.#shared.connections) connection.destroy();
    this.sweep.stop();
  }
}

class ConnectionSet extends Set<ClientConnection> {
  readonly #onEmpty: () => void;

  constructor(onEmpty: () => void) {
    super();
    this.#onEmpty = onEmpty;
  }

  override delete(connection: ClientConnection): boolean {
    const deleted = super.delete(connection);
    if (deleted && this.size === 0) this.#onEmpty();
    return deleted;
  }
}
