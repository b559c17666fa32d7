// One client's connection: cuts the incoming bytes into requests, one exchange at a time, so that
// pipelined requests are answered in order.
//
//   idle ─first byte─▶ head ─parsed─▶ exchange ─over─▶ idle (or the next pipelined head)
//                       │ refused        │ over, not keep-alive        │ 101
//                       ▼                ▼                             ▼
//                     lingering ──────────────▶ gone                 tunnel
//
// While an exchange goes on the socket is still read, to see a client that leaves: its FIN counts as
// leaving (as with nginx), because no browser half-closes and a forgotten event stream would live on.

import type { Socket } from "node:net";
import type { BodyBudget } from "./body-budget.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import type { ClientSettings } from "./engine-options.ts";
import { Exchange } from "./exchange.ts";
import type { RequestHandler } from "./exchange-owner.ts";
import { makePeer, type Peer } from "./forwarded.ts";
import { HeadReader } from "./head-reader.ts";
import type { EngineClient, ExchangeClient } from "./exchange-ends.ts";
import { formatLocalAnswer, type LocalAnswer, ownLines } from "./local-answer.ts";
import { detached, writeBorrowed } from "./read-buffers.ts";
import { isRefusal, type Refusal, refusal } from "./refusal.ts";
import { RequestBody } from "./request-body.ts";
import type { RequestHead } from "./request-head.ts";
import { SocketReader } from "./socket-reader.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import type { Upstream } from "./upstream.ts";

/** What all client connections of an engine share. */
export interface ClientShared {
  settings: ClientSettings;
  readonly handler: RequestHandler;
  readonly sweep: DeadlineSweep;
  readonly budget: BodyBudget;
  readonly connections: Set<EngineClient>;
  sequence: number;
  /** The engine is closing: each answer is the last of its connection. */
  closing: boolean;
}

// How long, after the last answer, what the client still sends is read and thrown away: closing at once
// would reset the connection and could destroy the answer on its way (RFC 9112 §9.6).
const LINGER_MS = 2000;
const SLOW_READER_MS = 300_000;
const NO_HANDSHAKE = refusal(426, "no_handshake", "the only upgrade here is a WebSocket's");

export class ClientConnection implements ExchangeClient, EngineClient {
  deadline: number;
  readonly socket: Socket;
  /**
   * Somebody else's server has read its first request, and would not see a second one: it is for one WebSocket, and
   * opens none or ends.
   */
  readonly handshakeOnly: boolean;
  readonly reader = new SocketReader((piece) => this.#onData(piece));

  readonly #shared: ClientShared;
  readonly #peer: Peer;
  readonly #heads: HeadReader;
  #exchange: Exchange | null = null;
  /** Bytes that have come and are not yet used. */
  #pending: Buffer | null = null;
  #lingering = false;
  #cutting = false;
  #bodyPaused = false;

  /** Takes over a socket: one that was accepted and not yet read, or of which somebody else has read `begun`. */
  constructor(accepted: Socket, shared: ClientShared, begun: Buffer | null = null) {
    const socket = begun === null ? this.reader.adopt(accepted) : this.reader.attach(accepted);
    this.socket = socket;
    this.handshakeOnly = begun !== null;
    this.#shared = shared;
    const { settings } = shared;
    this.#peer = makePeer(socket.remoteAddress, "encrypted" in socket, settings.trustedProxies);
    this.#heads = new HeadReader(settings, this.#peer);
    this.deadline = shared.sweep.now() + settings.timeouts.idleMs;
    shared.sweep.add(this);
    socket.on("drain", this.#onDrain);
    socket.on("end", this.#onEnd);
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
    // A TCP client that is gone has no address any more: it must not pass for one on a unix socket, which
    // is trusted. What it sent could still be read.
    if (socket.remoteAddress === undefined && socket.localAddress !== undefined) socket.destroy();
    else if (begun === null) socket.resume();
    else this.#onData(begun);
  }

  get idle(): boolean {
    return this.#exchange === null && this.#pending === null && !this.#lingering;
  }

  canKeepAlive(asked: boolean): boolean {
    return asked && !this.handshakeOnly && !this.#shared.closing;
  }

  carry(exchange: Exchange, upstream: Upstream): UpstreamConnection {
    return upstream.send(exchange, this);
  }

  answer(answer: LocalAnswer, exchange: Exchange, keepAlive: boolean): void {
    this.write(formatLocalAnswer(answer, exchange.head, keepAlive, ownLines(exchange, false)));
  }

  /** Writes to the client what may be borrowed. False when it reads slower than we write. */
  write(bytes: Buffer): boolean {
    return this.#flowed(writeBorrowed(this.socket, bytes));
  }

  /** Writes latin1 text: for a head with a small body, joined, it is the cheapest way. */
  writeText(text: string): boolean {
    return this.#flowed(this.socket.write(text, "latin1"));
  }

  /** Stops reading the body of the current request. */
  pauseBody(): void {
    if (this.#bodyPaused) return;
    this.#bodyPaused = true;
    this.#due(Infinity);
    this.socket.pause();
  }

  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    this.#armBody();
    this.socket.resume();
  }

  /** Cuts the connection: with a reset where a mere end would make half an answer look whole. */
  destroy(): void {
    const halfOut = this.socket.writableLength > 0 || this.#exchange?.endsWithConnection === true;
    // A unix socket knows no reset.
    if (halfOut && this.#peer.address !== "unix") this.socket.resetAndDestroy();
    else this.socket.destroy();
  }

  /** The answer under way will not become whole; what has come of it still goes out if that can be seen. */
  breakOff(): void {
    if (this.#exchange?.endsWithConnection) return this.destroy();
    this.#exchange = null;
    this.#linger();
  }

  /** No further request is taken; the one under way may finish. */
  closeWhenIdle(): void {
    if (!this.idle) return;
    // What still comes would be sent to an upstream and could not be answered any more.
    this.#lingering = true;
    this.socket.destroySoon();
  }

  onDeadline(): void {
    if (this.#lingering || this.#clogged) return this.destroy();
    if (this.idle) return this.#linger();
    const what = this.#exchange ? "the request's body stalled" : "the request's head took too long";
    this.#refuse(refusal(408, "timeout", what));
  }

  /** The exchange has ended; the next request may be taken. */
  onExchangeOver(keepAlive: boolean): void {
    this.#exchange = null;
    this.#bodyPaused = false;
    if (!this.canKeepAlive(keepAlive)) return this.#linger();
    // A client that pipelines and does not read would otherwise make us keep all its answers.
    if (!this.#clogged) this.#awaitRequest();
  }

  /** The socket belongs to a tunnel now. */
  onTunnel(): void {
    this.#exchange = null;
    this.#forget();
    this.socket.off("drain", this.#onDrain);
    this.socket.off("end", this.#onEnd);
    this.socket.off("error", this.#onError);
    this.socket.off("close", this.#onClose);
  }

  /** What the client sent behind its handshake; to be taken once, by the tunnel. */
  takePending(): Buffer | null {
    const pending = this.#pending;
    this.#pending = null;
    return pending;
  }

  #onData(chunk: Buffer): void {
    if (this.#lingering) return;
    let rest: Buffer | null = chunk;
    if (this.#exchange && !this.#exchange.requestComplete) rest = this.#takeBody(this.#exchange, chunk, 0);
    if (rest === null) return;
    this.#pending = this.#pending === null ? rest : Buffer.concat([this.#pending, rest]);
    if (this.#exchange === null && !this.#clogged) this.#cut();
    if (this.#full) this.socket.pause();
    if (this.#pending) this.#pending = detached(this.#pending);
  }

  readonly #onDrain = (): void => {
    if (!this.#exchange) return this.#lingering ? undefined : this.#awaitRequest();
    this.deadline = Infinity;
    this.#armBody();
    this.#exchange.onClientDrained();
  };

  readonly #onEnd = (): void => {
    if (this.#exchange) this.destroy();
    else if (!this.#lingering) this.#linger();
  };

  // What matters is `close`, which always follows; but an error without a listener ends the process.
  readonly #onError = (): void => {};

  readonly #onClose = (): void => {
    this.#exchange?.onClientLeft();
    this.#exchange = null;
    this.#forget();
  };

  /** The client does not take what we wrote. */
  get #clogged(): boolean {
    return this.socket.writableNeedDrain && this.socket.writableLength > 0;
  }

  #forget(): void {
    this.#shared.connections.delete(this);
    this.#shared.sweep.remove(this);
  }

  #awaitRequest(): void {
    this.#due(this.#shared.settings.timeouts.idleMs);
    if (this.#pending && !this.#cutting) this.#cut();
    if (this.socket.isPaused() && !this.#full && !this.#bodyPaused) this.socket.resume();
  }

  /** So much is pipelined that no more is read before some of it has been served. */
  get #full(): boolean {
    return this.#pending !== null && this.#pending.length > this.#shared.settings.limits.headBytes;
  }

  /** Cuts what is pending into requests until one is under way or more bytes are needed. */
  #cut(): void {
    this.#cutting = true;
    while (this.#pending && !this.#exchange && !this.#lingering && !this.#clogged) {
      const bytes = this.#pending;
      const { begun } = this.#heads;
      const head = this.#heads.read(bytes);
      const { next } = this.#heads;
      if (head === null) {
        this.#pending = next < bytes.length ? bytes.subarray(next) : null;
        if (!begun && this.#heads.begun) this.#due(this.#shared.settings.timeouts.headMs);
        break;
      }
      this.#pending = null;
      if (isRefusal(head)) this.#refuse(head);
      else if (this.handshakeOnly && !head.webSocket) this.#refuse(NO_HANDSHAKE);
      else this.#begin(head, bytes, next);
    }
    this.#cutting = false;
  }

  #begin(head: RequestHead, bytes: Buffer, bodyFrom: number): void {
    const shared = this.#shared;
    const { contentLength, chunked } = head.headers;
    const body = chunked || contentLength > 0 ? new RequestBody(contentLength, chunked, shared.budget) : null;
    const exchange = new Exchange(this, head, body, shared.sequence++, shared.sweep.now());
    this.#exchange = exchange;
    this.#due(Infinity);
    let rest = bodyFrom < bytes.length ? bytes.subarray(bodyFrom) : null;
    // What has come of the body is taken before the decision, so that head and body leave in one write.
    if (body && rest) rest = this.#takeBody(exchange, rest, 0);
    if (this.#exchange !== exchange) return;
    if (rest) this.#pending = rest;
    if (body && !head.headers.expectContinue) this.#armBody();
    shared.handler.onRequest(exchange);
  }

  /** Gives the body its part of the chunk; returns what lies behind the body, or null. */
  #takeBody(exchange: Exchange, chunk: Buffer, from: number): Buffer | null {
    const { body } = exchange;
    if (!body) return chunk;
    const end = body.take(chunk, from);
    const offence = body.offence(exchange.bodyLimitBytes);
    if (offence) {
      this.#refuse(offence);
      return null;
    }
    if (body.complete) this.#due(Infinity);
    else if (body.hasProgressed() || this.deadline === Infinity) this.#armBody();
    const { budget, settings } = this.#shared;
    const keepLimit = budget.keepLimit(settings.replayBodyBytes);
    exchange.onBodyPiece(chunk.subarray(from, end), keepLimit, budget.waitLimit(settings.replayBodyBytes));
    return end < chunk.length ? chunk.subarray(end) : null;
  }

  #armBody(): void {
    if (!this.#exchange || this.#exchange.requestComplete || this.#bodyPaused) return;
    this.#due(this.#shared.settings.timeouts.bodyStallMs);
  }

  /** Sets the deadline for the client's next deed; while it does not read, it owes us that first. */
  #due(ms: number): void {
    if (!this.#clogged) this.deadline = this.#shared.sweep.now() + ms;
  }

  // write() calls a piece as large as its buffer "full" even when the kernel took it at once.
  #flowed(flowed: boolean): boolean {
    if (flowed || this.socket.writableLength === 0) return true;
    this.deadline = this.#shared.sweep.now() + SLOW_READER_MS;
    return false;
  }

  #refuse(offence: Refusal): void {
    this.#shared.handler.onRefused(offence.reason);
    const exchange = this.#exchange;
    if (exchange) {
      const answering = exchange.state === "answering";
      exchange.onClientLeft();
      // Half an answer is out: a second one behind it would be read as its rest.
      if (answering) return this.breakOff();
    }
    this.#exchange = null;
    const body = `${offence.detail}\n`;
    const upgrade = offence.status === 426 ? { Upgrade: "websocket", Connection: "upgrade" } : {};
    const headers = { "Content-Type": "text/plain; charset=utf-8", ...upgrade };
    if (!this.socket.destroyed) {
      this.socket.write(formatLocalAnswer({ status: offence.status, headers, body }, null, false, ""));
    }
    this.#linger();
  }

  #linger(): void {
    this.#lingering = true;
    this.#pending = null;
    if (this.socket.destroyed) return;
    // Its end must not cost a slow reader the rest of the answer.
    this.deadline = this.#shared.sweep.now() + SLOW_READER_MS;
    this.socket.end(() => {
      this.deadline = this.#shared.sweep.now() + LINGER_MS;
    });
    this.socket.resume();
  }
}
