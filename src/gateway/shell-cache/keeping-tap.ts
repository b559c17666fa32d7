// Reads one answer along for the shell cache. What it copies is bounded; the stream goes on whatever becomes of it here.

import type { BodyTap } from "../../proxy/body-tap.ts";
import type { Exchange } from "../../proxy/exchange.ts";
import { detached } from "../../proxy/read-buffers.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";
import type { ShellCache } from "./shell-cache.ts";

interface Collected {
  key: string;
  head: string;
  pieces: Buffer[];
  bytes: number;
}

export class KeepingTap implements BodyTap {
  readonly keepsEncoding = true;
  readonly #cache: ShellCache;
  readonly #exchange: Exchange;
  #collected: Collected | null = null;

  constructor(cache: ShellCache, exchange: Exchange) {
    this.#cache = cache;
    this.#exchange = exchange;
  }

  onAnswer(head: ResponseHead): void {
    this.#giveUp();
    const key = this.#cache.begin(this, this.#exchange, head);
    if (key !== null) this.#collected = { key, head: head.block, pieces: [], bytes: 0 };
  }

  onAnswerBody(piece: Buffer): void {
    const collected = this.#collected;
    if (collected === null) return;
    if (!this.#cache.reserve(piece.length)) return this.#giveUp();
    collected.bytes += piece.length;
    collected.pieces.push(detached(piece));
  }

  onAnswerEnd(): void {
    const collected = this.#collected;
    if (collected === null) return;
    this.#collected = null;
    const { key, head, pieces, bytes } = collected;
    this.#cache.end(this, key, bytes, { head, body: Buffer.concat(pieces) });
  }

  onOver(): void {
    this.#giveUp();
  }

  onSent(): void {
    this.#giveUp();
  }

  onRequestBody(): void {}
  onRequestEnd(): void {}

  #giveUp(): void {
    const collected = this.#collected;
    this.#collected = null;
    if (collected) this.#cache.end(this, collected.key, collected.bytes, null);
  }
}
