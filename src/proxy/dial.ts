// Opens a WebSocket to an upstream on behalf of a client whose own handshake was answered long ago.
//
//   connecting ──▶ asked ──101──▶ opened
//       └─────────────┴─────────▶ failed        (also when the deadline has passed)

import { connect, type NetConnectOpts, type Socket } from "node:net";
import { connectReason, isNobodyThere } from "./connect-reason.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import type { UpstreamTimeouts } from "./engine-options.ts";
import { detached } from "./read-buffers.ts";
import { readResponseHead, ResponseHead } from "./response-head.ts";
import { SocketReader } from "./socket-reader.ts";

/**
 * Why no WebSocket came about.
 * - `connect`: no connection came about.
 * - `lost`, `timeout`, `malformed`: as with a request (UpstreamFailure).
 * - `refused`: it answered with another status.
 */
export interface DialFailure {
  kind: "connect" | "lost" | "timeout" | "malformed" | "refused";
  /** Of a refusal; else 0. */
  status: number;
  /** Of `connect`: whoever answered there is gone. */
  nobodyThere: boolean;
  /** For people: what was tried, with what. */
  detail: string;
}

export interface Dialled {
  readonly socket: Socket;
  readonly reader: SocketReader;
  readonly head: ResponseHead;
  /** What has come behind the head; borrowed. */
  readonly rest: Buffer;
}

export interface DialHandler {
  onOpened(dialled: Dialled): void;
  onFailed(failure: DialFailure): void;
}

export interface DialOptions {
  /** The upstream's. */
  name: string;
  address: string;
  target: NetConnectOpts;
  timeouts: UpstreamTimeouts;
  sweep: DeadlineSweep;
  /** The whole handshake. */
  request: string;
  handler: DialHandler;
  /** Whatever came of it; before the handler is told. */
  onOver: (failure: DialFailure | null) => void;
}

// A client waits: more patience than with a request would only make it look dead.
const MOST_PATIENCE_MS = 10_000;

export class Dial {
  deadline: number;
  readonly #options: DialOptions;
  readonly #socket: Socket;
  readonly #reader = new SocketReader((piece) => this.#onData(piece));
  readonly #head = new ResponseHead();
  #isConnected = false;
  #isOver = false;
  #pending: Buffer | null = null;

  constructor(options: DialOptions) {
    this.#options = options;
    this.deadline = options.sweep.now() + options.timeouts.connectMs;
    this.#socket = connect({ ...options.target, onread: this.#reader.options });
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", this.#onConnect);
    this.#socket.on("end", this.#onEnd);
    this.#socket.on("close", this.#onEnd);
    this.#socket.on("error", this.#onError);
    options.sweep.add(this);
  }

  /** Nobody waits for it any more. Harmless when it is over. */
  cancel(): void {
    if (this.#isOver) return;
    this.#leave();
    this.#socket.destroy();
    this.#options.onOver(null);
  }

  onDeadline(): void {
    const { timeouts } = this.#options;
    if (this.#isConnected) this.#fail("timeout", "did not answer the WebSocket handshake in time");
    else this.#fail("connect", `did not accept a connection in ${timeouts.connectMs} ms`);
  }

  readonly #onConnect = (): void => {
    const { sweep, timeouts, request } = this.#options;
    this.#isConnected = true;
    this.deadline = sweep.now() + Math.min(timeouts.responseHeadMs, MOST_PATIENCE_MS);
    this.#socket.write(request, "latin1");
  };

  readonly #onEnd = (): void => {
    this.#fail("lost", "closed the connection instead of answering the WebSocket handshake");
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.#isConnected) this.#onEnd();
    else this.#fail("connect", connectReason(error), isNobodyThere(error));
  };

  #onData(piece: Buffer): void {
    if (this.#isOver) return;
    let bytes = this.#pending ? Buffer.concat([this.#pending, piece]) : piece;
    for (;;) {
      const end = readResponseHead(bytes, 0, this.#head);
      if (typeof end === "string") return this.#fail("malformed", end);
      if (end < 0) return void (this.#pending = detached(bytes));
      bytes = bytes.subarray(end);
      if (this.#head.status >= 200 || this.#head.status === 101) return this.#onAnswer(bytes);
    }
  }

  #onAnswer(rest: Buffer): void {
    const { status, upgrade } = this.#head;
    if (status !== 101) return this.#fail("refused", `answered the WebSocket handshake with ${status}`);
    if (upgrade !== "websocket")
      return this.#fail("malformed", "switched to another protocol than WebSocket");
    this.#leave();
    this.#options.onOver(null);
    this.#options.handler.onOpened({ socket: this.#socket, reader: this.#reader, head: this.#head, rest });
  }

  #fail(kind: DialFailure["kind"], what: string, nobodyThere = false): void {
    if (this.#isOver) return;
    const { name, address, onOver, handler } = this.#options;
    this.#leave();
    this.#socket.destroy();
    const status = kind === "refused" ? this.#head.status : 0;
    const failure = { kind, status, nobodyThere, detail: `upstream ${name} (${address}) ${what}` };
    onOver(failure);
    handler.onFailed(failure);
  }

  #leave(): void {
    this.#isOver = true;
    this.#options.sweep.remove(this);
    this.#socket.off("connect", this.#onConnect);
    this.#socket.off("end", this.#onEnd);
    this.#socket.off("close", this.#onEnd);
    this.#socket.off("error", this.#onError);
    // Until somebody else listens: without a listener an error would end the process.
    this.#socket.on("error", ignore);
  }
}

function ignore(): void {}
