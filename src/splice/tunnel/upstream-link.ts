// The upstream's side of a spliced tunnel.
//
//              leave()         its Close, its end, or deadline        moveTo()            101               done
//   linked ───────────▶ leaving ─────────────────────▶ parked ─────────────▶ dialling ─────▶ replaying ──────▶ linked
//     │                                                ▲  ▲                    │ refused, …    │ failed, lost
//     └── breaks off, or was given up ─────────────────┘  └────────────────────┴───────────────┘
//
// Each upstream has a socket of its own; what an earlier one still says behind its end is not heard.

import { CloseCode, isGoingAway } from "../../lib/close-codes.ts";
import type { DeadlineSweep } from "../../proxy/deadline-sweep.ts";
import type { Dial, Dialled, DialFailure, DialHandler } from "../../proxy/dial.ts";
import { KEEP_ALIVE_MS } from "../../proxy/tunnel-opener.ts";
import type { Upstream } from "../../proxy/upstream.ts";
import type { Message, Replay, ReplayStep } from "../protocol.ts";
import type { Talk } from "../talk.ts";
import { LastWords } from "./last-words.ts";
import { letGo } from "./let-go.ts";
import { MessageSocket, type MessageSocketOptions, type MessageSocketOwner } from "./message-socket.ts";
import type { SplicedHandshake } from "./spliced-handshake.ts";

/** Why a move did not come about. */
export interface MoveFailure {
  /** `replay`: the new upstream did not take the client; else as in DialFailure, `lost` also in the replay. */
  kind: DialFailure["kind"] | "replay";
  /** The status of a refusal; else 0. */
  status: number;
  /** For people. */
  detail: string;
}

export interface UpstreamLinkOwner {
  /** What the client is to hear. */
  toClient(message: Message): void;
  onUpstreamMessage(message: Message): void;
  onUpstreamPing(data: Buffer): void;
  onUpstreamPong(data: Buffer): void;
  onUpstreamDrain(): void;
  /** While linked; it is to be answered with `close`, or given up. */
  onUpstreamClose(code: number, reason: Buffer): void;
  /** While linked; it is parked now. */
  onLinkLost(): void;
  /** The end of `leave`. */
  onLinkLeft(): void;
  onLinkReady(upstream: Upstream): void;
  onLinkFailed(failure: MoveFailure): void;
  onLinkSocketClosed(): void;
}

export interface UpstreamLinkOptions {
  owner: UpstreamLinkOwner;
  handshake: SplicedHandshake;
  talk: Talk;
  sweep: DeadlineSweep;
  unknownWindowMs: () => number;
  maxMessageBytes: number;
}

type State =
  | { name: "linked"; socket: MessageSocket }
  | { name: "leaving"; socket: MessageSocket }
  | { name: "parked" }
  | { name: "dialling"; dial: Dial; to: Upstream }
  | { name: "replaying"; socket: MessageSocket; replay: Replay; to: Upstream };

const LEAVE_MS = 5000;
const REPLAY_MS = 10_000;
const PARKED: State = { name: "parked" };

export class UpstreamLink implements MessageSocketOwner, DialHandler {
  deadline = Infinity;
  /** What the last upstream was sent at its end may not have been received. */
  isUnsure = false;

  readonly #options: UpstreamLinkOptions;
  #state: State = PARKED;
  /** Also of one that was left, until it is gone. */
  #socket: MessageSocket | null = null;
  readonly #words: LastWords;

  constructor(options: UpstreamLinkOptions) {
    this.#options = options;
    this.#words = new LastWords(options.sweep);
  }

  /** The one that answered the client's own handshake. */
  begin(connection: Pick<MessageSocketOptions, "socket" | "reader" | "deflate">): void {
    this.#state = { name: "linked", socket: this.#open(connection) };
  }

  get isLinked(): boolean {
    return this.#state.name === "linked";
  }

  get isParked(): boolean {
    return this.#state.name === "parked";
  }

  /** It is done with one upstream, and not linked to the next. */
  get hasLeft(): boolean {
    return this.#state.name !== "linked" && this.#state.name !== "leaving";
  }

  /** Messages may be sent now. */
  get isReady(): boolean {
    if (this.#state.name !== "linked") return false;
    const { socket } = this.#state;
    return socket.isWritable && !socket.isClogged;
  }

  /** It reads slower than the client speaks. */
  get isBehind(): boolean {
    return this.#state.name === "linked" && this.#state.socket.isBehind;
  }

  /** Something is still on its way out, also to one that was left. */
  get isClogged(): boolean {
    return this.#socket !== null && !this.#socket.isDestroyed && this.#socket.isClogged;
  }

  get isGone(): boolean {
    return this.#state.name === "parked" && (this.#socket?.isDestroyed ?? true);
  }

  feed(bytes: Buffer): void {
    this.#socket?.feed(bytes);
  }

  send(message: Message): void {
    if (this.#state.name !== "linked") return;
    this.#words.sent();
    this.#state.socket.send(message);
  }

  ping(data: Buffer): void {
    if (this.#state.name === "linked") this.#state.socket.ping(data);
  }

  pong(data: Buffer): void {
    if (this.#state.name === "linked") this.#state.socket.pong(data);
  }

  /** Ends with a Close, or answers one. */
  close(code: number, reason: string | Buffer): void {
    if (this.#state.name === "linked") this.#state.socket.close(code, reason);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** By a closing handshake: when it is done, all that was sent has been received, and all that was said has come. */
  leave(goodbye: readonly Message[]): void {
    if (this.#state.name !== "linked") return;
    const { socket } = this.#state;
    this.#state = { name: "leaving", socket };
    for (const message of goodbye) socket.send(message);
    socket.close(CloseCode.goingAway, "");
    socket.resume();
    this.#wait(LEAVE_MS);
  }

  /** Only while parked. */
  moveTo(upstream: Upstream): void {
    if (this.#state.name !== "parked") return;
    const { handshake, talk } = this.#options;
    const dial = upstream.dial(handshake.again(talk.protocol), this);
    this.#state = { name: "dialling", dial, to: upstream };
  }

  /** Parks when it is on its way to an upstream. */
  turnBack(): void {
    if (this.#state.name === "replaying") this.#state.socket.close(CloseCode.goingAway, "");
    if (this.#state.name === "dialling" || this.#state.name === "replaying") this.end();
  }

  /** Ends what is under way; what was sent still goes out. */
  end(): void {
    if (this.#state.name === "dialling") this.#state.dial.cancel();
    this.#park();
    if (this.#socket) letGo(this.#socket, this.#options.sweep);
  }

  destroy(): void {
    this.end();
    this.#socket?.destroy();
  }

  onDeadline(): void {
    switch (this.#state.name) {
      case "leaving":
        return this.#left(this.#mayHaveLost() || this.#mayHaveMissed() || this.#words.isTalking);
      case "replaying":
        return this.#failReplay("replay", "did not answer the replay of the client's opening in time");
      case "linked":
      case "parked":
      case "dialling":
    }
  }

  onOpened({ socket, reader, head, rest }: Dialled): void {
    if (this.#state.name !== "dialling") return void socket.destroy();
    const { to } = this.#state;
    const { handshake, talk } = this.#options;
    const accepted = handshake.acceptAgain(head);
    if ("problem" in accepted) {
      socket.destroy();
      this.#state = PARKED;
      const detail = `upstream ${to.name} ${accepted.problem}`;
      return this.#options.owner.onLinkFailed({ kind: "malformed", status: 0, detail });
    }
    const opened = this.#open({ socket, reader, deflate: accepted.deflate });
    const replay = talk.conversation.replay();
    this.#state = { name: "replaying", socket: opened, replay, to };
    this.#wait(REPLAY_MS);
    this.#take(replay.begin());
    opened.feed(rest);
    if (this.#socket === opened) opened.resume();
  }

  onFailed(failure: DialFailure): void {
    this.#state = PARKED;
    this.#options.owner.onLinkFailed(failure);
  }

  onMessage(from: MessageSocket, message: Message): void {
    const state = this.#stateOf(from);
    if (state === null) return;
    this.#words.heard();
    if (state.name === "replaying") this.#take(state.replay.onUpstreamMessage(message));
    else this.#options.owner.onUpstreamMessage(message);
  }

  onPing(from: MessageSocket, data: Buffer): void {
    const state = this.#stateOf(from);
    // The client is not asked while it may not be read, or is not known there yet.
    if (state?.name === "linked") this.#options.owner.onUpstreamPing(data);
    else from.pong(data);
  }

  onPong(from: MessageSocket, data: Buffer): void {
    if (this.#stateOf(from)?.name === "linked") this.#options.owner.onUpstreamPong(data);
  }

  onClose(from: MessageSocket, code: number, reason: Buffer): void {
    switch (this.#stateOf(from)?.name) {
      case "linked":
        return this.#options.owner.onUpstreamClose(code, reason);
      case "leaving":
        return this.#left(false);
      case "replaying":
        return this.#failReplay(
          isGoingAway(code) ? "lost" : "replay",
          `closed the WebSocket with ${code} during the replay of the client's opening`,
        );
      case undefined:
    }
  }

  onGone(from: MessageSocket, problem: number | null): void {
    if (problem !== null) from.close(problem, "");
    switch (this.#stateOf(from)?.name) {
      case "linked":
        return this.lose();
      case "leaving":
        return this.#left(this.#mayHaveLost() || this.#mayHaveMissed());
      case "replaying":
        return this.#failReplay("lost", "broke off during the replay of the client's opening");
      case undefined:
    }
  }

  /** Takes the upstream for lost. */
  lose(): void {
    this.isUnsure = this.#mayHaveLost();
    this.end();
    this.#options.owner.onLinkLost();
  }

  onDrain(from: MessageSocket): void {
    if (this.#stateOf(from)?.name === "linked") this.#options.owner.onUpstreamDrain();
  }

  onPiece(): void {}

  onSocketClosed(from: MessageSocket): void {
    if (from === this.#socket) this.#options.owner.onLinkSocketClosed();
  }

  #open(connection: Pick<MessageSocketOptions, "socket" | "reader" | "deflate">): MessageSocket {
    const { maxMessageBytes } = this.#options;
    const socket = new MessageSocket({ ...connection, role: "client", maxMessageBytes, owner: this });
    this.#socket = socket;
    this.#words.forget();
    socket.socket.setKeepAlive(true, KEEP_ALIVE_MS);
    return socket;
  }

  /** Null: it is of one that was left. */
  #stateOf(from: MessageSocket): Extract<State, { socket: MessageSocket }> | null {
    const state = this.#state;
    return "socket" in state && state.socket === from ? state : null;
  }

  #take(step: ReplayStep): void {
    if (this.#state.name !== "replaying") return;
    const { socket, to } = this.#state;
    const { owner } = this.#options;
    for (const message of step.toUpstream) socket.send(message);
    for (const message of step.toClient) owner.toClient(message);
    if (step.state === "more") return;
    if (step.state !== "done") return this.#failReplay("replay", step.state.failed);
    this.#settle();
    this.#state = { name: "linked", socket };
    owner.onLinkReady(to);
  }

  #failReplay(kind: "replay" | "lost", what: string): void {
    if (this.#state.name !== "replaying") return;
    const { to, socket } = this.#state;
    socket.close(CloseCode.goingAway, "");
    this.end();
    this.#options.owner.onLinkFailed({ kind, status: 0, detail: `upstream ${to.name}: ${what}` });
  }

  #left(isUnsure: boolean): void {
    this.isUnsure = isUnsure;
    this.end();
    this.#options.owner.onLinkLeft();
  }

  #mayHaveLost(): boolean {
    return (this.#socket?.hasUnsent ?? false) || this.#words.isUnanswered(this.#options.unknownWindowMs());
  }

  /** It was not read to its end, because the client reads slowly, or stopped within a message. */
  #mayHaveMissed(): boolean {
    return this.#socket !== null && (this.#socket.isPaused || this.#socket.unfinishedBytes > 0);
  }

  #park(): void {
    this.#settle();
    this.#state = PARKED;
  }

  #wait(ms: number): void {
    this.deadline = this.#options.sweep.now() + ms;
    this.#options.sweep.add(this);
  }

  #settle(): void {
    this.deadline = Infinity;
    this.#options.sweep.remove(this);
  }
}
