// What a receiver and its socket tell, given to the one that listens.
//
// The handlers find it through a property: closures for each would cost an idle tunnel kilobytes.

import type { Socket } from "node:net";
import { CloseCode } from "../../lib/close-codes.ts";
import type { Receiver } from "./ws-parts.ts";

export interface MessageSocketListener {
  onMessage(data: Buffer, isBinary: boolean): void;
  onPing(data: Buffer): void;
  onPong(data: Buffer): void;
  /** The peer's Close. */
  onConclude(code: number, reason: Buffer): void;
  onReceiverDrain(): void;
  /** All that was read has been understood, and no more is to come; `problem`: the Close code of what is not WebSocket. */
  onReceiverEnd(problem: number | null): void;
  onSocketEnd(): void;
  onSocketClose(): void;
}

const LISTENER = Symbol("listener");
type Emitter = { [LISTENER]?: MessageSocketListener };

const STATUS_CODE = "status-code";

export function listenFor(
  listener: MessageSocketListener,
  receiver: Receiver & Emitter,
  socket: Socket & Emitter,
): void {
  receiver[LISTENER] = listener;
  receiver.on("message", onMessage);
  receiver.on("ping", onPing);
  receiver.on("pong", onPong);
  receiver.on("conclude", onConclude);
  receiver.on("drain", onReceiverDrain);
  receiver.on("finish", onFinish);
  receiver.on("error", onReceiverError);
  socket[LISTENER] = listener;
  socket.on("end", onSocketEnd);
  socket.on("close", onSocketClose);
  socket.on("error", ignore);
}

function onMessage(this: Emitter, data: Buffer, isBinary: boolean): void {
  this[LISTENER]?.onMessage(data, isBinary);
}

function onPing(this: Emitter, data: Buffer): void {
  this[LISTENER]?.onPing(data);
}

function onPong(this: Emitter, data: Buffer): void {
  this[LISTENER]?.onPong(data);
}

function onConclude(this: Emitter, code: number, reason: Buffer): void {
  this[LISTENER]?.onConclude(code, reason);
}

function onReceiverDrain(this: Emitter): void {
  this[LISTENER]?.onReceiverDrain();
}

function onFinish(this: Emitter): void {
  this[LISTENER]?.onReceiverEnd(null);
}

function onReceiverError(this: Emitter, error: Error): void {
  this[LISTENER]?.onReceiverEnd(statusCodeOf(error));
}

function onSocketEnd(this: Emitter): void {
  this[LISTENER]?.onSocketEnd();
}

function onSocketClose(this: Emitter): void {
  this[LISTENER]?.onSocketClose();
}

// `close` always follows; but an error without a listener ends the process.
function ignore(): void {}

/** `ws` says by which Close its complaint is answered under a symbol of its own. */
function statusCodeOf(error: Error): number {
  const symbol = Object.getOwnPropertySymbols(error).find((each) => each.description === STATUS_CODE);
  const code: unknown = symbol === undefined ? null : Reflect.get(error, symbol);
  return typeof code === "number" ? code : CloseCode.protocolError;
}
