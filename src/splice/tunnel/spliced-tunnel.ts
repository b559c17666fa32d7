// A WebSocket whose client stays while its upstreams come and go (upstream-link.ts). Messages pass whole, so nothing is
// torn; what the client says while there is no upstream for it is kept, and sent behind the replay, in order; what one
// upstream was sent is never sent to another.
//
//   open ── close(), farewell(), or a Close of either side ──▶ ending ── both Closes, or deadline ──▶ closed
//    │ ▲
//    ▼ │    within it, while the link is not linked:
//   waiting: client's pings and heartbeats are answered here, the upstream's own heartbeats are made here
//
// Its owner orders leave() and moveTo(), hears how they end, and decides on what follows.

import { CloseCode, isGoingAway } from "../../lib/close-codes.ts";
import type { ClientConnection } from "../../proxy/client-connection.ts";
import type { TunnelOwner } from "../../proxy/exchange-owner.ts";
import { KEEP_ALIVE_MS, type OpenTunnel } from "../../proxy/tunnel-opener.ts";
import type { TunnelRegister } from "../../proxy/tunnel-register.ts";
import type { Upstream } from "../../proxy/upstream.ts";
import type { UpstreamConnection } from "../../proxy/upstream-connection.ts";
import type { Farewell, Message } from "../protocol.ts";
import { type ProtocolChoice, Talk } from "../talk.ts";
import { ClientWait } from "./client-wait.ts";
import { KeptMessages } from "./kept-messages.ts";
import { MessageSocket, type MessageSocketOwner } from "./message-socket.ts";
import type { SpliceShared } from "./move-owner.ts";
import type { HopDeflate, SplicedHandshake } from "./spliced-handshake.ts";
import { UnfinishedWait } from "./unfinished-wait.ts";
import { type MoveFailure, UpstreamLink, type UpstreamLinkOwner } from "./upstream-link.ts";

export interface SplicedTunnelOptions {
  handshake: SplicedHandshake;
  choice: ProtocolChoice;
  client: ClientConnection;
  upstream: UpstreamConnection;
  deflate: { client: HopDeflate; upstream: HopDeflate };
  /** The upstream's. */
  register: TunnelRegister;
  shared: SpliceShared;
}

/** Who began to end it. */
type Ending = "none" | "gateway" | "client" | "upstream" | "closed";

// How long a peer may take to answer a Close; longer while something is still on its way to it.
const ANSWER_MS = 2000;
const UNDER_WAY_MS = 10_000;
/** So much is kept for an upstream that reads slowly before its client is not read any more. */
const HIGH_WATER_BYTES = 65_536;

export class SplicedTunnel implements OpenTunnel, MessageSocketOwner, UpstreamLinkOwner {
  deadline = Infinity;
  readonly path: string;
  readonly clientAddress: string;
  readonly openedAt: number;
  owner: TunnelOwner = NOBODY;
  wasCut = false;
  readonly #shared: SpliceShared;
  readonly #talk: Talk;
  readonly #client: MessageSocket;
  readonly #link: UpstreamLink;
  readonly #kept: KeptMessages;
  readonly #wait: ClientWait;
  /** Runs while a leave waits. */
  readonly #unfinished: UnfinishedWait;
  #register: TunnelRegister;
  #ending: Ending = "none";
  /** The client has left, but not all that it said has been sent on. Its Close code; null: it broke off. */
  #left: { code: number | null } | null = null;
  /** The client's last ping that was not answered. */
  #ping: Buffer | null = null;

  constructor(options: SplicedTunnelOptions) {
    const { handshake, choice, client, upstream, deflate, register, shared } = options;
    const { clock, sweep, budget } = shared;
    const { maxMessageBytes } = shared.bounds;
    this.path = handshake.head.path;
    this.clientAddress = handshake.head.headers.client;
    this.openedAt = sweep.now();
    this.#shared = shared;
    this.#register = register;
    this.#talk = new Talk(handshake.seen, choice);
    this.#kept = new KeptMessages(budget);
    const { socket, reader } = client;
    this.#client = new MessageSocket({
      socket,
      reader,
      role: "server",
      deflate: deflate.client,
      maxMessageBytes,
      owner: this,
    });
    this.#wait = new ClientWait({
      clock,
      talk: this.#talk,
      client: this.#client,
      kept: this.#kept,
      maxBytes: () => shared.bounds.maxBytes,
      onOverflow: () => this.#overflow(),
    });
    this.#link = new UpstreamLink({
      owner: this,
      handshake,
      talk: this.#talk,
      sweep,
      unknownWindowMs: () => shared.bounds.unknownWindowMs,
      maxMessageBytes,
    });
    this.#unfinished = new UnfinishedWait({
      clock,
      talk: this.#talk,
      client: this.#client,
      upstream: this.#link,
      onOver: () => this.#leaveNow(),
    });
    this.#link.begin({ socket: upstream.socket, reader: upstream.reader, deflate: deflate.upstream });
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  }

  start(fromClient: Buffer | null, fromUpstream: Buffer): void {
    this.#link.feed(fromUpstream);
    if (fromClient) this.#client.feed(fromClient);
    this.#client.resume();
    this.#link.resume();
  }

  /** As the configuration names it. */
  get protocol(): string {
    return this.#talk.name;
  }

  get isOpen(): boolean {
    return this.#ending === "none" && this.#link.isLinked && !this.#unfinished.isOn;
  }

  /** There is no upstream, and none is on its way. */
  get isParked(): boolean {
    return this.#ending === "none" && this.#link.isParked;
  }

  /** What its last upstream was sent at its end may not have been received. */
  get isUnsure(): boolean {
    return this.#link.isUnsure;
  }

  /** Why it cannot be moved just now; null: it can. */
  get obstacle(): string | null {
    return this.#talk.conversation.obstacle();
  }

  /** Leaves its upstream by a closing handshake, between two messages, so that nothing is lost. */
  leave(): void {
    if (!this.isOpen) return;
    this.#unfinished.begin();
  }

  /** Only while it is parked. */
  moveTo(upstream: Upstream): void {
    if (this.#ending === "none") this.#link.moveTo(upstream);
  }

  /** Parks it again when it is on its way to an upstream. */
  turnBack(): void {
    if (this.#ending === "none") this.#link.turnBack();
  }

  /** Asks the client to come back, as its protocol wants it. */
  farewell(): void {
    this.#endBy(this.#talk.conversation.farewell());
  }

  close(code: number, reason: string): void {
    if (code === CloseCode.serviceRestart) this.farewell();
    else this.#endBy({ messages: [], code, reason });
  }

  destroy(): void {
    this.wasCut ||= this.#ending !== "closed";
    this.#settle();
    this.#client.destroy();
    this.#link.destroy();
    this.#forgetIfGone();
  }

  onDeadline(): void {
    // What a client that has left said before waits for an upstream as long as others do.
    if (this.#ending === "none" && !this.#link.isLinked) this.#awaitEnd();
    else this.destroy();
  }

  // From here on: for the client's side.

  onMessage(_from: MessageSocket, message: Message): void {
    this.#kept.coming(0);
    if (this.#ending === "client" || this.#ending === "closed") return;
    if (!this.#link.isLinked) return this.#ending === "none" ? this.#wait.take(message) : undefined;
    if (this.#kept.size === 0 && this.#link.isReady) return this.#toUpstream(message);
    this.#kept.add(message);
    if (this.#kept.bytes > HIGH_WATER_BYTES) this.#client.pause();
  }

  onPiece(): void {
    if (this.#ending !== "none") return;
    if (!this.#kept.coming(this.#client.unfinishedBytes)) return this.#overflow();
    this.#wait.check();
  }

  onPing(_from: MessageSocket, data: Buffer): void {
    if (!this.#link.isLinked) return this.#client.pong(data);
    this.#ping = data;
    this.#link.ping(data);
    if (this.#link.isBehind) this.#client.pause();
  }

  onPong(_from: MessageSocket, data: Buffer): void {
    this.#link.pong(data);
    if (this.#link.isBehind) this.#client.pause();
  }

  onClose(_from: MessageSocket, code: number, reason: Buffer): void {
    if (this.#ending === "gateway") return this.#finish(CloseCode.goingAway);
    if (this.#ending === "upstream") return this.#finish(code);
    if (this.#link.isLinked && this.#kept.size === 0) return this.#endByClient(code, reason);
    this.#client.close(code, "");
    this.#onClientLeft(code);
  }

  onGone(_from: MessageSocket, problem: number | null): void {
    if (problem !== null) this.#client.close(problem, "");
    if (this.#ending === "none") this.#onClientLeft(null);
    else this.#finish(CloseCode.goingAway);
  }

  onDrain(): void {
    this.#link.resume();
    if (this.#ending === "none" && this.#link.hasLeft) this.#wait.resumeReading();
  }

  onSocketClosed(): void {
    this.#forgetIfGone();
  }

  // From here on: for the upstream's side.

  toClient(message: Message): void {
    this.#client.send(message);
    if (this.#client.isBehind) this.#link.pause();
  }

  onUpstreamMessage(message: Message): void {
    if (this.#ending === "gateway" || this.#ending === "upstream") return;
    this.#talk.onUpstreamMessage(message);
    this.toClient(message);
    this.#unfinished.check();
  }

  onUpstreamPing(data: Buffer): void {
    this.#client.ping(data);
    if (this.#client.isBehind) this.#link.pause();
  }

  onUpstreamPong(data: Buffer): void {
    // It may be the answer to one before.
    if (this.#ping?.equals(data)) this.#ping = null;
    this.#client.pong(data);
    if (this.#client.isBehind) this.#link.pause();
  }

  onUpstreamDrain(): void {
    this.#sendKept();
  }

  onUpstreamClose(code: number, reason: Buffer): void {
    if (this.#ending === "client") {
      this.#client.close(code, reason);
      return this.#finish(code);
    }
    if (this.#ending !== "none") return;
    if (isGoingAway(code) && this.#shared.moves.survivesLoss(this)) {
      this.#link.close(code, "");
      return this.#link.lose();
    }
    this.#ending = "upstream";
    this.#unfinished.cancel();
    this.#client.close(code, reason);
    this.#client.resume();
    this.#awaitEnd();
  }

  onLinkLost(): void {
    if (this.#ending === "client") this.#client.close(CloseCode.goingAway, "");
    if (this.#ending !== "none") return this.#finish(CloseCode.goingAway);
    this.#unfinished.cancel();
    this.#park();
    this.#beginWait();
    if (this.#ending !== "none") return;
    this.#wait.resumeReading();
    this.owner.onUpstreamLost(this);
  }

  onLinkLeft(): void {
    this.#park();
    this.#wait.resumeReading();
    this.#shared.moves.onLeft(this, this.obstacle);
  }

  onLinkReady(upstream: Upstream): void {
    const gapMs = this.#wait.end();
    this.#goTo(upstream.register);
    this.#shared.moves.onMoved(this, upstream, gapMs);
    this.#sendKept();
    if (this.#ending !== "none") return;
    if (this.#left) this.#awaitEnd();
    else if (this.#kept.bytes <= HIGH_WATER_BYTES) this.#client.resume();
  }

  onLinkFailed(failure: MoveFailure): void {
    this.#shared.moves.onMoveFailed(this, failure);
  }

  onLinkSocketClosed(): void {
    this.#forgetIfGone();
  }

  #toUpstream(message: Message): void {
    if (this.#talk.conversation.swallows?.(message)) return;
    this.#talk.onClientMessage(message);
    this.#link.send(message);
    this.#unfinished.check();
  }

  #sendKept(): void {
    while (this.#link.isReady) {
      const message = this.#kept.take();
      if (!message) break;
      this.#toUpstream(message);
    }
    if (this.#kept.size > 0) return;
    if (this.#left) this.#finish(this.#left.code);
    else if (this.#link.isLinked && !this.#unfinished.isOn) this.#client.resume();
  }

  #leaveNow(): void {
    this.#unfinished.cancel();
    const { obstacle } = this;
    if (obstacle !== null) {
      this.#client.resume();
      this.#link.resume();
      return this.#shared.moves.onLeft(this, obstacle);
    }
    this.#client.pause();
    this.#link.leave(this.#talk.conversation.goodbye?.() ?? []);
    this.#beginWait();
  }

  #beginWait(): void {
    if (this.#ping) this.#client.pong(this.#ping);
    this.#ping = null;
    this.#wait.begin();
  }

  #overflow(): void {
    if (this.#ending !== "none") return;
    this.#endBy({ messages: [], code: CloseCode.tryAgainLater, reason: "too much is waiting for the app" });
    this.#shared.moves.onOverflow(this);
  }

  #park(): void {
    this.#goTo(this.#shared.parked);
  }

  #goTo(register: TunnelRegister): void {
    this.#register.release(this);
    this.#register = register;
    register.adopt(this);
  }

  // Ending.

  #endBy({ messages, code, reason }: Farewell): void {
    if (this.#ending !== "none") return;
    for (const message of messages) this.toClient(message);
    this.#ending = "gateway";
    this.#unfinished.cancel();
    this.#wait.end();
    this.#kept.coming(0);
    if (!this.#link.isLinked) {
      // It was kept for another upstream, and there will be none.
      this.#kept.clear();
      this.#link.end();
    }
    if (this.#left) return this.#finish(CloseCode.goingAway);
    this.#client.close(code, reason);
    this.#client.resume();
    this.#link.resume();
    this.#awaitEnd();
  }

  #endByClient(code: number, reason: Buffer): void {
    this.#ending = "client";
    this.#unfinished.cancel();
    this.#link.close(code, reason);
    this.#link.resume();
    this.#awaitEnd();
  }

  /** While something that it said has not been sent on yet, or may not have been. */
  #onClientLeft(code: number | null): void {
    this.#left = { code };
    this.#wait.silence();
    this.#client.end();
    if (this.#kept.size === 0) this.#finish(this.#left.code);
    else this.#awaitEnd();
  }

  /** Both sides get what is on its way to them, then the end. `code`: of the upstream's Close; null: without one. */
  #finish(code: number | null): void {
    if (this.#ending === "closed") return;
    // Behind them nothing comes that the upstream's slowness would pile up.
    if (this.#link.isLinked) for (const message of this.#kept.takeAll()) this.#toUpstream(message);
    if (this.#ending === "gateway") this.#sayGoodbye();
    if (code !== null) this.#link.close(code, "");
    this.#settle();
    this.#client.end();
    this.#link.end();
    this.#awaitEnd();
    this.#forgetIfGone();
  }

  #sayGoodbye(): void {
    for (const message of this.#talk.conversation.goodbye?.() ?? []) this.#link.send(message);
  }

  #settle(): void {
    if (this.#ending === "closed") return;
    this.#ending = "closed";
    this.#unfinished.cancel();
    this.#wait.end();
    this.#kept.clear();
    this.#kept.coming(0);
    this.#register.close(this);
    this.owner.onTunnelClosed(this);
  }

  #forgetIfGone(): void {
    if (!this.#client.isDestroyed || !this.#link.isGone) return;
    if (this.#ending !== "closed") return;
    this.#shared.sweep.remove(this);
    this.#register.forget(this);
  }

  #awaitEnd(): void {
    const underWay = this.#kept.size > 0 || this.#client.isClogged || this.#link.isClogged;
    this.deadline = this.#shared.sweep.now() + (underWay ? UNDER_WAY_MS : ANSWER_MS);
    this.#shared.sweep.add(this);
  }
}

const NOBODY: TunnelOwner = {
  onUpstreamLost(tunnel) {
    tunnel.destroy();
  },
  onTunnelClosed() {},
};
