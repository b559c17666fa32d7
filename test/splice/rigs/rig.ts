// A rig: one protocol on a real server and with the real client library, both counting what comes. Servers of one rig
// share one counter of what they push, so that a client that goes from one to another gets 1, 2, 3, … all the same.
//
// <name>-rig.ts exports it as `rig`; rig-process.ts finds it by that name.

export interface Rig {
  /** As the module's in src/splice/protocols/. */
  readonly name: string;
  /** `websocket.protocol` in the service's configuration. */
  readonly protocol: string;
  /** An HTTP server of its own, on 127.0.0.1. Requests of no protocol are answered 200 with the version. */
  startServer(options: ServerOptions): Promise<RigServer>;
  /** Resolves once it is logged in, has subscribed or joined: what either side sends from now on arrives. */
  connect(url: string, options?: ConnectOptions): Promise<RigClient>;
}

export interface ServerOptions {
  readonly version: string;
  /** A free one, if it is left out. */
  readonly port?: number;
  readonly pushed: PushCounter;
}

export interface ConnectOptions {
  /** How the servers know it; made up, if it is left out. */
  readonly id?: string;
  readonly signal?: AbortSignal;
}

/** The numbers of what servers send to each client. */
export interface PushCounter {
  next(clientId: string): number;
  /** What came from a client, whichever server it came to. */
  taken?(clientId: string, number: number): void;
}

export class PushCounters implements PushCounter {
  readonly #last = new Map<string, number>();

  next(clientId: string): number {
    const number = this.last(clientId) + 1;
    this.#last.set(clientId, number);
    return number;
  }

  /** Another process has counted. */
  reach(clientId: string, number: number): void {
    this.#last.set(clientId, Math.max(number, this.last(clientId)));
  }

  /** 0: nothing yet. */
  last(clientId: string): number {
    return this.#last.get(clientId) ?? 0;
  }
}

export interface RigServer {
  readonly version: string;
  readonly port: number;
  /** http://127.0.0.1:port */
  readonly url: string;
  /** Numbered messages from this client, in the order in which they came. */
  received(clientId: string): readonly number[];
  /** Sends the next numbered message to this client; false: it is not here, and no number is spent. */
  push(clientId: string): boolean;
  /** Open now. */
  readonly connections: number;
  /** WebSockets opened (of polling: sessions), ever. */
  readonly handshakes: number;
  /** As an app ends on SIGTERM: what the library does to its clients, then nobody listens. */
  stop(): Promise<void>;
  /** As SIGKILL looks from outside: sockets are gone without a Close, and nobody listens. */
  kill(): void;
}

export interface RigClient {
  readonly id: string;
  /** Numbered messages from servers, in the order in which they came. */
  readonly received: readonly number[];
  /**
   * Sends the next numbered message, as an app does that awaits no answer. While it is not connected the message is
   * lost, unless the library keeps such.
   */
  send(): void;
  /** How many `send` has sent. */
  readonly sent: number;
  /** A question that the server answers; null: the protocol has none. Rejects when the signal says so. */
  readonly ask: ((signal?: AbortSignal) => Promise<unknown>) | null;
  /** What the app would notice of closes, disconnects and reconnects, in the library's own words. */
  readonly disruptions: readonly string[];
  /** As the library says. */
  readonly isConnected: boolean;
  /** The longest silence between two received messages since the last reset. */
  readonly longestSilenceMs: number;
  resetSilence(): void;
  close(): Promise<void>;
}
