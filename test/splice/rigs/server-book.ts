// What a rig's server has counted, and who is there. The protocol's side of it is in each rig.

import type { AppServer } from "./app-server.ts";
import type { PushCounter, RigServer } from "./rig.ts";

/** One client's connection, as the server's library has it. */
export interface ServerLink {
  /** What is sent now goes out: not once a Close has come, whatever the library still believes. */
  isOpen(): boolean;
  send(number: number): void;
}

export class ServerBook {
  /** What a server has had ever; `connections` are those that are open. */
  handshakes = 0;
  connections = 0;
  readonly #pushed: PushCounter;
  readonly #links = new Map<string, ServerLink>();
  readonly #received = new Map<string, number[]>();

  constructor(pushed: PushCounter) {
    this.#pushed = pushed;
  }

  opened(): void {
    this.handshakes += 1;
    this.connections += 1;
  }

  closed(): void {
    this.connections -= 1;
  }

  /** A client has a later connection only when its former one is dead. */
  join(clientId: string, link: ServerLink): void {
    this.#links.set(clientId, link);
  }

  leave(clientId: string, link: ServerLink): void {
    if (this.#links.get(clientId) === link) this.#links.delete(clientId);
  }

  take(clientId: string, number: number): void {
    this.#pushed.taken?.(clientId, number);
    const numbers = this.#received.get(clientId);
    if (numbers === undefined) this.#received.set(clientId, [number]);
    else numbers.push(number);
  }

  received(clientId: string): readonly number[] {
    return this.#received.get(clientId) ?? [];
  }

  push(clientId: string): boolean {
    const link = this.#links.get(clientId);
    if (link === undefined || !link.isOpen()) return false;
    link.send(this.#pushed.next(clientId));
    return true;
  }
}

export interface ServerParts {
  readonly version: string;
  readonly book: ServerBook;
  readonly app: AppServer;
  /** The protocol's part of an orderly end; the HTTP server closes after it has begun. */
  readonly leave: () => void | Promise<void>;
  /** What else a killed server has to let go of, so that nothing of it stays in the test's process. */
  readonly abandon?: () => void;
}

export function rigServer({ version, book, app, leave, abandon }: ServerParts): RigServer {
  return {
    version,
    port: app.port,
    url: app.url,
    received: (clientId) => book.received(clientId),
    push: (clientId) => book.push(clientId),
    get connections() {
      return book.connections;
    },
    get handshakes() {
      return book.handshakes;
    },
    stop: async () => {
      await Promise.all([leave(), app.close()]);
    },
    kill: () => {
      app.kill();
      abandon?.();
    },
  };
}
