// Reads one answer along for the shell cache. What it copies is bounded; the stream goes on whatever becomes of it here.

import type { BodyTap } from "../../proxy/body-tap.ts";
import { detached } from "../../proxy/read-buffers.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";
import type { Collecting, Collector } from "./collecting.ts";

export interface KeepingTapOptions {
  collecting: Collecting;
  /** Null: the answer is not to be kept. */
  keyOf: (head: ResponseHead) => string | null;
  /** `block` are header lines, each ending in CRLF. */
  keep: (key: string, block: string, body: Buffer) => void;
}

interface Collected {
  key: string;
  block: string;
  /** -1: it is not known before the end. */
  length: number;
  pieces: Buffer[];
  bytes: number;
}

export class KeepingTap implements BodyTap, Collector {
  readonly keepsEncoding = true;
  readonly #options: KeepingTapOptions;
  #collected: Collected | null = null;

  constructor(options: KeepingTapOptions) {
    this.#options = options;
  }

  onAnswer(head: ResponseHead): void {
    this.giveUp();
    const { keyOf, collecting } = this.#options;
    const key = keyOf(head);
    if (key === null || !collecting.begin(key, this)) return;
    this.#collected = { key, block: head.block, length: head.contentLength, pieces: [], bytes: 0 };
  }

  onAnswerBody(piece: Buffer): void {
    const collected = this.#collected;
    if (collected === null) return;
    if (!this.#options.collecting.reserve(collected.key, this, piece.length)) return this.giveUp();
    collected.bytes += piece.length;
    collected.pieces.push(detached(piece));
  }

  onAnswerEnd(): void {
    const collected = this.#collected;
    if (collected === null) return;
    const { key, block, length, pieces, bytes } = collected;
    // A server of somebody else's (src/middleware) may end short of what it has announced.
    if (length >= 0 && length !== bytes) return this.giveUp();
    this.#collected = null;
    const { collecting, keep } = this.#options;
    if (collecting.end(key, this, bytes)) keep(key, block, Buffer.concat(pieces));
  }

  onOver(): void {
    this.giveUp();
  }

  onSent(): void {
    this.giveUp();
  }

  onRequestBody(): void {}
  onRequestEnd(): void {}

  giveUp(): void {
    const collected = this.#collected;
    this.#collected = null;
    if (collected) this.#options.collecting.end(collected.key, this, collected.bytes);
  }
}
