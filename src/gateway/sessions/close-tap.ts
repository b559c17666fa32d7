// Sees a client of Engine.IO close its session: by a post with nothing but the packet `1` in it.

import type { BodyTap } from "../../proxy/body-tap.ts";

// Protocol 4, protocol 3, and both as the form that JSONP sends.
const CLOSE = /^(?:d=)?(?:1|1:1|1%3A1)$/iu;
const LONGEST = "d=1%3A1".length;

export function mayBeClose(contentLength: number): boolean {
  return contentLength > 0 && contentLength <= LONGEST;
}

export class CloseTap implements BodyTap {
  readonly #onClosed: () => void;
  #body = "";
  #isAnswered = false;

  constructor(onClosed: () => void) {
    this.#onClosed = onClosed;
  }

  onSent(): void {
    this.#body = "";
  }

  onRequestBody(piece: Buffer): void {
    this.#body += piece.toString("latin1", 0, LONGEST);
  }

  onRequestEnd(): void {}
  onAnswer(): void {}
  onAnswerBody(): void {}

  onAnswerEnd(): void {
    this.#isAnswered = true;
  }

  onOver(): void {
    if (this.#isAnswered && CLOSE.test(this.#body)) this.#onClosed();
  }
}
