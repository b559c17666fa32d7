// Reads along in one exchange: bodies as they are meant, without their framing, while the bytes pass as they came.
//
//   onSent ─▶ onRequestBody … ─▶ onRequestEnd ─▶ onAnswer ─▶ onAnswerBody … ─▶ onAnswerEnd ─▶ onOver
//     ▲  lost, or taken back, and sent again │
//     └──────────────────────────────────────┘
//
// Any of it may be missing but the last: `onOver` alone says that there is nothing more to come. An answer may come
// before the request has ended.

import { ChunkedScanner } from "./chunked-scanner.ts";
import type { ResponseHead } from "./response-head.ts";

/** None of them may throw. Pieces are borrowed (read-buffers.ts): copy what is to be kept. */
export interface BodyTap {
  /** True: bodies may come encoded. Otherwise the request goes to its upstream without Accept-Encoding. */
  readonly keepsEncoding?: boolean;
  /** To an upstream, for the first time or again: what was shown of the request before does not count. */
  onSent(): void;
  onRequestBody(piece: Buffer): void;
  /** All of it is on its way. */
  onRequestEnd(): void;
  /** The head is the connection's, and filled anew for the next answer. */
  onAnswer(head: ResponseHead): void;
  onAnswerBody(piece: Buffer): void;
  /** It is whole. */
  onAnswerEnd(): void;
  onOver(): void;
}

/** The body of a request, for one sending of it. */
export class TappedRequest {
  readonly #tap: BodyTap;
  readonly #chunks: ChunkedScanner | null;

  constructor(tap: BodyTap, chunked: boolean) {
    this.#tap = tap;
    this.#chunks = chunked ? new ChunkedScanner() : null;
    tap.onSent();
  }

  take(piece: Buffer): void {
    if (this.#chunks === null) this.#tap.onRequestBody(piece);
    else this.#chunks.scan(piece, 0, piece.length, this.#onData);
  }

  readonly #onData = (buffer: Buffer, from: number, to: number): void => {
    this.#tap.onRequestBody(buffer.subarray(from, to));
  };
}
