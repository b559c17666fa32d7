// Reads the beginning of an answer that may open a session.

import type { BodyTap } from "../../proxy/body-tap.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";

// The longest prelude that is known (of SockJS) is 2 KiB.
const MOST_BYTES = 8192;
// Each is a look at all that has come so far. Openings come in one or two.
const MOST_PIECES = 64;
const ENCODED = /^content-encoding:/imu;

export class OpeningTap implements BodyTap {
  readonly #read: (answer: string) => boolean;
  /** Null: nothing more is to be learnt. */
  #answer: string | null = null;
  #pieces = 0;

  /** `read` is shown all that has come so far; true: nothing more is to be learnt. */
  constructor(read: (answer: string) => boolean) {
    this.#read = read;
  }

  onSent(): void {
    this.#answer = null;
  }

  onRequestBody(): void {}
  onRequestEnd(): void {}

  onAnswer({ status, block }: ResponseHead): void {
    this.#pieces = 0;
    this.#answer = status === 200 && !ENCODED.test(block) ? "" : null;
  }

  onAnswerBody(piece: Buffer): void {
    if (this.#answer === null) return;
    this.#answer += piece.toString("latin1", 0, MOST_BYTES - this.#answer.length);
    const isFull = this.#answer.length >= MOST_BYTES || ++this.#pieces >= MOST_PIECES;
    if (this.#read(this.#answer) || isFull) this.#answer = null;
  }

  onAnswerEnd(): void {}
  onOver(): void {}
}
