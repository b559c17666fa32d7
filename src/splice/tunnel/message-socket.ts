// A WebSocket's messages over a socket whose handshake is done: whole messages in and out, compression of this hop
// only. The closing handshake is its owner's.
//
//   open ──peer's Close──▶ concluded ──┐
//    └──broken off, or not WebSocket───┴──▶ gone ──▶ closed      (the socket's end)

import type { Socket } from "node:net";
import { CloseCode } from "../../lib/close-codes.ts";
import { detached } from "../../proxy/read-buffers.ts";
import type { SocketReader } from "../../proxy/socket-reader.ts";
import type { Message } from "../protocol.ts";
import { listenFor, type MessageSocketListener } from "./message-socket-events.ts";
import { flush, flushWhenLarge, inOneBatch, isClogged, join } from "./write-batch.ts";
import { PerMessageDeflate, Receiver, Sender } from "./ws-parts.ts";

export interface MessageSocketOwner {
  onMessage(from: MessageSocket, message: Message): void;
  onPing(from: MessageSocket, data: Buffer): void;
  onPong(from: MessageSocket, data: Buffer): void;
  /** 1005: its Close had no code. Nothing more comes. */
  onClose(from: MessageSocket, code: number, reason: Buffer): void;
  /** Broken off without a Close, or (`problem`, a Close code) not WebSocket as it should be. Nothing more comes. */
  onGone(from: MessageSocket, problem: number | null): void;
  /** Something has come, whole messages or not; behind what it was. */
  onPiece(from: MessageSocket): void;
  /** It takes messages again. */
  onDrain(from: MessageSocket): void;
  onSocketClosed(from: MessageSocket): void;
}

export interface MessageSocketOptions {
  socket: Socket;
  reader: SocketReader;
  /** Who we are to the peer. */
  role: "server" | "client";
  deflate: PerMessageDeflate | null;
  maxMessageBytes: number;
  owner: MessageSocketOwner;
}

// More pieces of one message are no message, but an attempt to fill the memory.
const MOST_FRAGMENTS = 131_072;
/** So much may wait for a slow reader: bytes, and what stands behind messages that are being deflated. */
const HIGH_WATER_BYTES = 65_536;
const MOST_UNSENT = 64;
// Of a ping or a pong: opcode, length, and a client's masking key.
const CONTROL_HEADER_BYTES = 2;
const MASK_BYTES = 4;

export class MessageSocket implements MessageSocketListener {
  readonly socket: Socket;
  readonly #owner: MessageSocketOwner;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #deflate: PerMessageDeflate | null;
  readonly #mask: boolean;
  #state: "open" | "concluded" | "gone" = "open";
  #closeSent = false;
  #endWanted = false;
  /** Messages, pings and pongs that the system has not taken yet. */
  #unsent = 0;
  #hasFailed = false;
  #isPaused = true;
  /** What was read is still being inflated. */
  #isFull = false;
  #unfinishedBytes = 0;

  constructor({ socket, reader, role, deflate, maxMessageBytes, owner }: MessageSocketOptions) {
    const extensions = deflate === null ? {} : { [PerMessageDeflate.extensionName]: deflate };
    const isServer = role === "server";
    this.socket = socket;
    this.#owner = owner;
    this.#deflate = deflate;
    this.#mask = !isServer;
    this.#sender = new Sender(socket, extensions);
    this.#receiver = new Receiver({
      isServer,
      maxPayload: maxMessageBytes,
      maxFragments: MOST_FRAGMENTS,
      extensions,
    });
    reader.sink = (piece) => this.#onData(piece);
    listenFor(this, this.#receiver, socket);
  }

  /** Takes what has come before; borrowed. */
  feed(bytes: Buffer): void {
    if (bytes.length > 0) this.#onData(bytes);
  }

  /** False: it was not written, for there is nobody to take it. */
  send({ data, isBinary }: Message): boolean {
    if (!this.isWritable) return false;
    this.#unsent += 1;
    const compress = this.#deflate !== null;
    join(this.socket);
    this.#sender.send(data, { binary: isBinary, compress, fin: true, mask: this.#mask }, this.#onSent);
    flushWhenLarge(this.socket);
    return true;
  }

  ping(data: Buffer): void {
    if (!this.isWritable) return;
    this.#unsent += 1;
    this.#sender.ping(data, this.#mask, this.#onSent);
  }

  pong(data: Buffer): void {
    if (!this.isWritable) return;
    this.#unsent += 1;
    this.#sender.pong(data, this.#mask, this.#onSent);
  }

  /** Behind what was sent before. Only the first Close goes out. */
  close(code: number, reason: string | Buffer): void {
    if (!this.isWritable) return;
    this.#closeSent = true;
    this.#sender.close(code === CloseCode.noStatus ? undefined : code, reason, this.#mask);
    flush(this.socket);
  }

  /** What was sent goes out, then the end. */
  end(): void {
    // What still comes must be read, or its end would not be seen.
    this.#isPaused = false;
    this.socket.resume();
    // What is being deflated has not been written to the socket yet.
    this.#endWanted = this.#deflate !== null && this.#unsent > 0;
    if (!this.#endWanted) this.socket.end();
  }

  destroy(): void {
    flush(this.socket);
    this.socket.destroy();
  }

  pause(): void {
    this.#isPaused = true;
    this.socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#isFull) this.socket.resume();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** The system has not taken all that was sent: what is sent now waits behind it. */
  get isClogged(): boolean {
    return this.#deflate === null ? isClogged(this.socket) : this.#unsent > 0;
  }

  /** The system has not taken all that was sent, and perhaps never will. */
  get hasUnsent(): boolean {
    return this.#unsent > 0 || this.#hasFailed;
  }

  /** It reads slower than is sent: its other side should not be read for now. */
  get isBehind(): boolean {
    return this.socket.writableLength > HIGH_WATER_BYTES || this.#unsent > MOST_UNSENT;
  }

  /** Bytes of the message that is just coming. */
  get unfinishedBytes(): number {
    return this.#unfinishedBytes;
  }

  /** The peer may still say something. */
  get isOpen(): boolean {
    return this.#state === "open";
  }

  get isDestroyed(): boolean {
    return this.socket.destroyed;
  }

  /** There is somebody to take what is sent. */
  get isWritable(): boolean {
    return !this.#closeSent && this.socket.writable;
  }

  #onData(piece: Buffer): void {
    // Behind a Close nothing counts any more (RFC 6455 §5.5.1).
    if (this.#state !== "open") return;
    this.#unfinishedBytes += piece.length;
    // Behind the end of what is understood, nobody would call for more.
    if (!inOneBatch(() => this.#receiver.write(detached(piece))) && this.isOpen) {
      this.#isFull = true;
      this.socket.pause();
    }
    this.#owner.onPiece(this);
  }

  readonly #onSent = (error?: Error | null): void => {
    this.#unsent -= 1;
    this.#hasFailed ||= error instanceof Error;
    if (this.#unsent > 0) return;
    this.#owner.onDrain(this);
    if (this.#endWanted) this.end();
  };

  // From here on: for the handlers below.

  onMessage(data: Buffer, isBinary: boolean): void {
    this.#unfinishedBytes = 0;
    this.#owner.onMessage(this, { data, isBinary });
  }

  onPing(data: Buffer): void {
    this.#countControl(data);
    this.#owner.onPing(this, data);
  }

  onPong(data: Buffer): void {
    this.#countControl(data);
    this.#owner.onPong(this, data);
  }

  onConclude(code: number, reason: Buffer): void {
    this.#state = "concluded";
    this.#owner.onClose(this, code, reason);
  }

  onReceiverDrain(): void {
    this.#isFull = false;
    if (!this.#isPaused) this.socket.resume();
  }

  /** All that was read has been understood, and no more is to come. */
  onReceiverEnd(problem: number | null): void {
    if (this.#state !== "open") return;
    this.#state = "gone";
    this.#owner.onGone(this, problem);
    this.#cleanUp();
  }

  onSocketEnd(): void {
    if (this.#state === "open" && !this.#receiver.writableEnded) this.#receiver.end();
  }

  onSocketClose(): void {
    this.onSocketEnd();
    this.#cleanUp();
    this.#owner.onSocketClosed(this);
  }

  /** It is no part of a message, though it may have come within one. */
  #countControl({ length }: Buffer): void {
    const bytes = CONTROL_HEADER_BYTES + (this.#mask ? 0 : MASK_BYTES) + length;
    this.#unfinishedBytes = Math.max(this.#unfinishedBytes - bytes, 0);
  }

  // Not earlier: what was read before the end may still be inflated.
  #cleanUp(): void {
    if (this.#state !== "open" && this.socket.destroyed) this.#deflate?.cleanup();
  }
}
