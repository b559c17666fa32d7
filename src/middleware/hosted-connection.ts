// The way of a hosted request to its upstream: a connection is made before the host is given the request, so that a
// refused one is found out while nothing has been sent, and no byte of the body is lost to it.
//
//   connecting ──▶ ready (the host's proxy may take it) ──▶ over
//       └─ refused, too slow: the request waits again ───────▲

import { connect, type Socket } from "node:net";
import { connectReason, isNobodyThere } from "../proxy/connect-reason.ts";
import type { Deadlined, DeadlineSweep } from "../proxy/deadline-sweep.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { ClaimedAddress, ExchangeConnection } from "../proxy/exchange-ends.ts";
import type { ReadyConnections } from "./ready-connections.ts";

export interface HostedConnectionOptions {
  exchange: Exchange;
  address: ClaimedAddress;
  /** Its name, for people. */
  upstream: string;
  sweep: DeadlineSweep;
  ready: ReadyConnections;
  /** Calls back when the client is known to be there still. */
  whenReady: (then: () => void) => void;
  onConnected: () => void;
  endEvents: () => void;
}

export class HostedConnection implements ExchangeConnection, Deadlined {
  deadline: number;
  readonly #options: HostedConnectionOptions;
  readonly #socket: Socket;
  #over = false;

  constructor(options: HostedConnectionOptions) {
    this.#options = options;
    const { address, sweep } = options;
    this.deadline = sweep.now() + address.timeouts.connectMs;
    this.#socket = connect({ ...address.target, noDelay: true });
    this.#socket.on("connect", this.#onConnect);
    this.#socket.on("error", this.#onError);
    sweep.add(this);
  }

  onDeadline(): void {
    this.#fail(`did not accept a connection in ${this.#options.address.timeouts.connectMs} ms`);
  }

  onExchangeOver(exchange: Exchange): void {
    if (this.#over || exchange !== this.#options.exchange) return;
    this.#over = true;
    const { sweep, address } = this.#options;
    sweep.remove(this);
    // Also when the host's proxy has it: nobody waits for an answer any more.
    this.#socket.destroy();
    address.release();
  }

  endEvents(): void {
    this.#options.endEvents();
  }

  // The bytes pass elsewhere.
  resumeReading(): void {}
  writeBytes(): boolean {
    return true;
  }

  readonly #onConnect = (): void => {
    const { sweep, ready, address, whenReady, onConnected } = this.#options;
    sweep.remove(this);
    this.#socket.off("connect", this.#onConnect);
    if (this.#over) return void this.#socket.destroy();
    whenReady(() => {
      if (!this.#over) ready.hand(this.#socket, address.target, onConnected);
    });
  };

  // It stays on: an error without a listener ends the process.
  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.#socket.connecting || error.syscall === "connect" || error.syscall === "getaddrinfo") {
      this.#fail(connectReason(error), isNobodyThere(error));
    }
  };

  #fail(what: string, nobodyThere = false): void {
    const { exchange, address, upstream } = this.#options;
    if (this.#over) return;
    address.onConnectFailed(nobodyThere);
    const shown = address.url.replace(/^http:\/\//u, "");
    exchange.onUpstreamFailure({ kind: "connect", detail: `upstream ${upstream} (${shown}) ${what}` });
  }
}
