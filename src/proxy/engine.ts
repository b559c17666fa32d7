// The face of the data plane: listens, and hands each valid request to a handler. It knows no modes and
// no services; it can be started, fuzzed and measured alone.

import { createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../lib/clock.ts";
import { BodyBudget } from "./body-budget.ts";
import { ClientConnection, type ClientShared } from "./client-connection.ts";
import { DeadlineSweep } from "./deadline-sweep.ts";
import type { ClientSettings } from "./engine-options.ts";
import { Exchange } from "./exchange.ts";
import type { EngineClient, ExchangeClient } from "./exchange-ends.ts";
import type { RequestHandler } from "./exchange-owner.ts";
import { makePeer } from "./forwarded.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { RequestBody } from "./request-body.ts";
import { parseRequestHead, type RequestHead } from "./request-head.ts";

export interface EngineOptions {
  clock: Clock;
  settings: ClientSettings;
  handler: RequestHandler;
}

/** The memory for bodies that wait. */
export interface BodyMemory {
  /** So much of one may be read. */
  readonly waitLimit: number;
  /** Less when negative. */
  count(bytes: number): void;
}

export type ListenAddress = { host: string; port: number } | { path: string };

const BACKLOG = 4096;

export class Engine {
  /** Shared with the upstreams, so that one sweep serves all deadlines. */
  readonly sweep: DeadlineSweep;
  readonly #shared: ClientShared;
  /** For those who keep a body where the engine does not see it. */
  readonly bodyMemory: BodyMemory;
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
    this.bodyMemory = memoryOf(this.#shared);
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

  /**
   * Takes a connection from a server that has read `begun` of it: the head of a WebSocket's handshake, and what came
   * behind. Nothing else is served on it.
   */
  takeOver(socket: Socket, begun: Buffer): void {
    if (socket.destroyed) return;
    this.#shared.connections.add(new ClientConnection(socket, this.#shared, begun));
  }

  /** The head of a request that somebody else has read, judged as if it had come here. */
  readHead(text: string, socket: Socket): RequestHead | Refusal {
    const { limits, trustedProxies } = this.#shared.settings;
    const peer = makePeer(socket.remoteAddress, "encrypted" in socket, trustedProxies);
    const context = { peer, trustedProxies, maxHeaders: limits.headers };
    const head = parseRequestHead(text, limits.requestLineBytes, context, null);
    if (isRefusal(head)) this.#shared.handler.onRefused(head.reason);
    return head;
  }

  /** Hands a request to the handler whose bytes somebody else moves; until `leave` the engine knows of it. */
  begin(client: ExchangeClient, head: RequestHead): Exchange {
    const { handler, sweep, budget, connections } = this.#shared;
    const { contentLength, chunked } = head.headers;
    // Also where there is none: once it has been handed over, nobody here could send the request again.
    const body = new RequestBody(contentLength, chunked, budget);
    body.complete = !chunked && contentLength <= 0;
    const exchange = new Exchange(client, head, body, this.#shared.sequence++, sweep.now());
    connections.add(client);
    handler.onRequest(exchange);
    return exchange;
  }

  leave(client: ExchangeClient): void {
    this.#shared.connections.delete(client);
  }

  get closing(): boolean {
    return this.#shared.closing;
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

function memoryOf(shared: ClientShared): BodyMemory {
  return {
    get waitLimit() {
      return shared.budget.waitLimit(shared.settings.replayBodyBytes);
    },
    count: (bytes) => shared.budget.add(bytes),
  };
}

class ConnectionSet extends Set<EngineClient> {
  readonly #onEmpty: () => void;

  constructor(onEmpty: () => void) {
    super();
    this.#onEmpty = onEmpty;
  }

  override delete(connection: EngineClient): boolean {
    const deleted = super.delete(connection);
    if (deleted && this.size === 0) this.#onEmpty();
    return deleted;
  }
}
