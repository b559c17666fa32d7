// One connection to an upstream address: at most one exchange at a time.
//
//   connecting ──▶ head ──▶ body ──▶ idle ──▶ head …
//       │           │ 101     │        │└─▶ taken ─▶ head …   (what cannot be repeated)
//       ▼           ▼         ▼        ▼      ▼
//     gone        tunnel     gone     gone   gone             (failed, not keep-alive, idle for too long)

import { connect, type NetConnectOpts, type Socket } from "node:net";
import { afterNextPoll } from "./after-next-poll.ts";
import type { ClientConnection } from "./client-connection.ts";
import { connectReason, isNobodyThere } from "./connect-reason.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import type { UpstreamTimeouts } from "./engine-options.ts";
import type { Exchange } from "./exchange.ts";
import type { ExchangeConnection } from "./exchange-ends.ts";
import type { UpstreamFailure } from "./exchange-owner.ts";
import { detached, writeBorrowed } from "./read-buffers.ts";
import { readResponseHead, ResponseHead } from "./response-head.ts";
import { ResponseRelay } from "./response-relay.ts";
import { SocketReader } from "./socket-reader.ts";
import { Tunnel } from "./tunnel.ts";
import type { TunnelRegister } from "./tunnel-register.ts";

/** What the pool gives its connections, and hears from them. */
export interface ConnectionPool {
  readonly name: string;
  readonly timeouts: UpstreamTimeouts;
  readonly sweep: DeadlineSweep;
  readonly tunnels: TunnelRegister;
  /** The answer is whole and the connection can take another request. */
  onIdle(connection: UpstreamConnection): void;
  onGone(connection: UpstreamConnection): void;
  /** A reused connection turned out to be dead before a byte of an answer came. */
  onStale(exchange: Exchange, client: ClientConnection): void;
  /** `nobodyThere`: whoever answered there is gone (connect-reason.ts). */
  onConnectFailed(nobodyThere: boolean): void;
  /** The connection broke before an answer, or the answer did not begin in time. */
  onLost(): void;
  onAnswered(): void;
}

type Phase = "connecting" | "head" | "body" | "idle" | "taken" | "gone";

// They are passed on as they come, without regard to how fast the client reads.
const MAX_INTERIM_ANSWERS = 100;
// A connection that was dead already says so within a round trip.
const LISTENING_MS = 500;
// A server that announces its patience closes at the end of it: a request sent just then would be lost.
const PATIENCE_MARGIN_MS = 1000;

export class UpstreamConnection implements ExchangeConnection {
  deadline: number;
  readonly socket: Socket;

  readonly #pool: ConnectionPool;
  readonly #address: string;
  readonly #head = new ResponseHead();
  readonly #relay: ResponseRelay;
  readonly reader = new SocketReader((piece) => this.#onData(piece));
  #phase: Phase = "connecting";
  #exchange: Exchange | null;
  /** Of the exchange, or of the last one. */
  #client: ClientConnection;
  #pending: Buffer | null = null;
  #reused = false;
  #interimAnswers = 0;
  #endWanted = false;

  /** Connects, and sends the exchange as soon as that has succeeded. */
  constructor(
    pool: ConnectionPool,
    target: NetConnectOpts,
    address: string,
    exchange: Exchange,
    client: ClientConnection,
  ) {
    this.#pool = pool;
    this.#address = address;
    this.#exchange = exchange;
    this.#client = client;
    this.#relay = new ResponseRelay(client);
    this.deadline = pool.sweep.now() + pool.timeouts.connectMs;
    this.socket = connect({ ...target, onread: this.reader.options });
    this.socket.setNoDelay(true);
    this.socket.on("connect", this.#onConnect);
    this.socket.on("drain", this.#onDrain);
    this.socket.on("end", this.#onEnd);
    this.socket.on("error", this.#onError);
    this.socket.on("close", this.#onClose);
    pool.sweep.add(this);
  }

  /** Takes the next exchange; only while idle. */
  send(exchange: Exchange, client: ClientConnection): void {
    this.#reused = true;
    this.#client = client;
    if (exchange.repeatable) return this.#start(exchange);
    // What cannot be repeated is not trusted to a connection whose end may be waiting to be read.
    this.#exchange = exchange;
    this.#phase = "taken";
    this.deadline = Infinity;
    afterNextPoll(() => {
      if (this.#phase === "taken" && this.#exchange === exchange) this.#start(exchange);
    });
  }

  writeText(text: string): boolean {
    return this.socket.write(text, "latin1");
  }

  writeBytes(piece: Buffer): boolean {
    // The patience for an answer counts from the last byte of the request.
    if (this.#phase === "head") this.#armHead();
    // write() calls a piece as large as its buffer "full" even when the kernel took it at once.
    return writeBorrowed(this.socket, piece) || this.socket.writableLength === 0;
  }

  /** The head and what is at hand of the body, in one go. */
  writeWithBody(text: string, pieces: readonly Buffer[]): void {
    const [only] = pieces;
    if (only && pieces.length === 1 && only.length <= 4096) {
      this.socket.write(text + only.toString("latin1", 0, only.length), "latin1");
      return;
    }
    this.socket.cork();
    this.socket.write(text, "latin1");
    for (const piece of pieces) this.socket.write(piece);
    this.socket.uncork();
  }

  /** The client takes bytes again. */
  resumeReading(): void {
    if (this.#phase === "body") this.#armBody();
    this.socket.resume();
  }

  /** The exchange has ended, or was taken away from here. */
  onExchangeOver(exchange: Exchange): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = null;
    if (this.#phase === "idle") this.#pool.onIdle(this);
    else this.destroy();
  }

  /** Ends an event stream at the next boundary between two events. */
  endEvents(): void {
    this.#endWanted = true;
    this.#tryEndEvents();
  }

  destroy(): void {
    this.#leavePool();
    this.socket.destroy();
  }

  onDeadline(): void {
    switch (this.#phase) {
      case "connecting":
        this.#fail("connect", `did not accept a connection in ${this.#pool.timeouts.connectMs} ms`);
        return;
      case "head":
        this.#fail("timeout", `did not begin to answer in ${this.#pool.timeouts.responseHeadMs} ms`);
        return;
      case "body":
        this.#fail("timeout", "stopped in the middle of its answer");
        return;
      case "idle":
      case "taken":
      case "gone":
        return this.destroy();
    }
  }

  #start(exchange: Exchange): void {
    this.#exchange = exchange;
    this.#phase = "head";
    this.#endWanted = false;
    this.#interimAnswers = 0;
    this.#armHead();
    exchange.sendOn(this, this.#pool.sweep.now());
  }

  readonly #onConnect = (): void => {
    const exchange = this.#exchange;
    if (exchange) this.#start(exchange);
    else this.destroy();
  };

  #onData(chunk: Buffer): void {
    // Bytes that nobody asked for: whatever follows could be taken for the answer to the next request.
    if (!this.#exchange) return this.destroy();
    if (this.#phase === "taken") return void this.#fail("lost", "sent what nobody had asked for");
    if (this.#phase === "body") return this.#takeBody(chunk, 0);
    const bytes = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    const bodyFrom = this.#takeHead(bytes, this.#exchange);
    if (bodyFrom >= 0) this.#takeBody(bytes, bodyFrom);
  }

  readonly #onDrain = (): void => {
    if (this.#exchange) this.#client.resumeBody();
  };

  readonly #onEnd = (): void => {
    if (this.#phase === "body") {
      this.#relay.onUpstreamEnd();
      if (this.#relay.done) return this.#finish(false);
    }
    this.#fail("lost", "closed the connection");
  };

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    if (this.#phase === "connecting") this.#fail("connect", connectReason(error), isNobodyThere(error));
    else this.#fail("lost", "broke the connection");
  };

  readonly #onClose = (): void => {
    this.#fail("lost", "closed the connection");
  };

  /** Reads heads until the final one is there; returns the index just behind it, else -1. */
  #takeHead(bytes: Buffer, exchange: Exchange): number {
    let at = 0;
    for (;;) {
      const end = readResponseHead(bytes, at, this.#head);
      if (typeof end === "string") return this.#fail("malformed", end);
      if (end < 0) return this.#awaitHead(bytes.subarray(at));
      at = end;
      const { status } = this.#head;
      if (status === 101) return this.#takeUpgrade(bytes.subarray(at), exchange);
      if (status >= 200) break;
      this.#interimAnswers++;
      if (this.#interimAnswers > MAX_INTERIM_ANSWERS) {
        return this.#fail("malformed", "sent too many interim answers");
      }
      if (knowsInterim(exchange)) this.#client.writeText(`${this.#head.statusLine}${this.#head.block}\r\n`);
    }
    if (this.#client.handshakeOnly && this.#head.status < 400) {
      return this.#fail("malformed", `answered the WebSocket handshake with ${this.#head.status}`);
    }
    this.#pending = null;
    this.#phase = "body";
    this.#pool.onAnswered();
    exchange.onAnswerHead(this.#head.status, this.#head.eventStream);
    // The owner may have ended it all in that call.
    if (this.#exchange !== exchange) return -1;
    exchange.tap?.onAnswer(this.#head);
    this.#relay.begin(exchange, this.#client, this.#head);
    return at;
  }

  #awaitHead(bytes: Buffer): -1 {
    this.#pending = detached(bytes);
    return -1;
  }

  #takeBody(bytes: Buffer, from: number): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const relay = this.#relay;
    relay.flowing = true;
    const end = relay.body(bytes, from);
    if (relay.error !== null) this.#fail("malformed", relay.error);
    else if (relay.done) this.#finish(end === bytes.length);
    else this.#awaitBody();
  }

  #awaitBody(): void {
    this.#armBody();
    if (!this.#relay.flowing) this.#pauseReading();
    if (this.#endWanted) this.#tryEndEvents();
  }

  #pauseReading(): void {
    this.deadline = Infinity;
    this.socket.pause();
  }

  /** The answer has been passed on as a whole. */
  #finish(clean: boolean): void {
    const exchange = this.#exchange;
    if (!exchange) return;
    const { idleUpstreamMs } = this.#pool.timeouts;
    const patienceMs = Math.min(idleUpstreamMs, this.#head.keepAliveMs - PATIENCE_MARGIN_MS);
    const lasting = this.#head.keepAlive && patienceMs > 0;
    const reusable = clean && lasting && exchange.requestComplete && !this.socket.isPaused();
    if (reusable) this.#phase = "idle";
    this.deadline = this.#pool.sweep.now() + patienceMs;
    exchange.tap?.onAnswerEnd();
    exchange.settle("answered", this.#relay.keepAlive && exchange.requestComplete);
  }

  #takeUpgrade(rest: Buffer, exchange: Exchange): -1 {
    if (!exchange.head.webSocket || this.#head.upgrade !== "websocket") {
      return this.#fail("malformed", "switched protocols without having been asked to");
    }
    const client = this.#client;
    const { opener } = exchange;
    const lines = opener ? opener.answer(this.#head) : this.#head.block;
    if (lines === null)
      return this.#fail("malformed", "agreed to a WebSocket extension that nobody had offered");
    this.#pool.onAnswered();
    this.#leaveSocket();
    exchange.onAnswer101(client, this.#head, lines);
    // The owner may have ended it all in that call.
    if (exchange.state === "settled") {
      this.socket.destroy();
      return -1;
    }
    const tunnel =
      opener?.open(client, this, this.#pool) ?? new Tunnel(exchange.head, client, this, this.#pool);
    this.#pool.tunnels.adopt(tunnel);
    exchange.onTunnelOpened(tunnel);
    tunnel.start(client.takePending(), rest);
    return -1;
  }

  #leaveSocket(): void {
    this.#exchange = null;
    const { socket } = this;
    socket.off("connect", this.#onConnect);
    socket.off("drain", this.#onDrain);
    socket.off("end", this.#onEnd);
    socket.off("error", this.#onError);
    socket.off("close", this.#onClose);
    this.#leavePool();
  }

  #leavePool(): void {
    if (this.#phase === "gone") return;
    this.#phase = "gone";
    this.#pool.sweep.remove(this);
    this.#pool.onGone(this);
  }

  #tryEndEvents(): void {
    const exchange = this.#exchange;
    if (!exchange || this.#phase !== "body" || !this.#relay.tryEndEvents()) return;
    exchange.settle("answered", this.#relay.keepAlive && exchange.requestComplete);
  }

  /** The connection is of no more use. Returns -1 for the callers that look for an index. */
  #fail(kind: UpstreamFailure["kind"], what: string, nobodyThere = false): -1 {
    const exchange = this.#exchange;
    const unanswered = this.#phase === "taken" || (this.#phase === "head" && !this.#pending);
    const stale = kind === "lost" && this.#reused && unanswered;
    const phase = this.#phase;
    this.#exchange = null;
    this.destroy();
    if (kind === "connect") this.#pool.onConnectFailed(nobodyThere);
    if (!exchange) return -1;
    if (!stale && phase === "head" && kind !== "malformed") this.#pool.onLost();
    // Once only: a request that is lost again may be what brings the upstream down.
    if (stale && exchange.resendable && exchange.resends === 0 && !this.#hasListened(exchange))
      this.#pool.onStale(exchange, this.#client);
    else
      exchange.onUpstreamFailure({ kind, detail: `upstream ${this.#pool.name} (${this.#address}) ${what}` });
    return -1;
  }

  /** It has been there, then: whoever it listened for has heard it break off. */
  #hasListened({ binding, sentAt }: Exchange): boolean {
    return binding !== null && binding.listens && this.#pool.sweep.now() - sentAt >= LISTENING_MS;
  }

  #armHead(): void {
    this.deadline = this.#pool.sweep.now() + this.#pool.timeouts.responseHeadMs;
  }

  // An event stream may be silent for as long as it likes.
  #armBody(): void {
    const { responseStallMs } = this.#pool.timeouts;
    this.deadline =
      this.#head.eventStream || responseStallMs === 0 ? Infinity : this.#pool.sweep.now() + responseStallMs;
  }
}

// 100 and 103 and their kind; an HTTP/1.0 client knows none of them (RFC 9110 §15.2).
function knowsInterim(exchange: Exchange): boolean {
  return exchange.head.headers.version !== "1.0";
}
