// Two who read along in the same exchange.

import type { BodyTap } from "../../proxy/body-tap.ts";
import type { ResponseHead } from "../../proxy/response-head.ts";

/** Either may be missing. */
export function joinedTaps(first: BodyTap | null, second: BodyTap | null): BodyTap | null {
  if (first === null || second === null) return first ?? second;
  return new JoinedTaps(first, second);
}

class JoinedTaps implements BodyTap {
  readonly #first: BodyTap;
  readonly #second: BodyTap;

  constructor(first: BodyTap, second: BodyTap) {
    this.#first = first;
    this.#second = second;
  }

  onSent(): void {
    this.#first.onSent();
    this.#second.onSent();
  }

  onRequestBody(piece: Buffer): void {
    this.#first.onRequestBody(piece);
    this.#second.onRequestBody(piece);
  }

  onRequestEnd(): void {
    this.#first.onRequestEnd();
    this.#second.onRequestEnd();
  }

  onAnswer(head: ResponseHead): void {
    this.#first.onAnswer(head);
    this.#second.onAnswer(head);
  }

  onAnswerBody(piece: Buffer): void {
    this.#first.onAnswerBody(piece);
    this.#second.onAnswerBody(piece);
  }

  onAnswerEnd(): void {
    this.#first.onAnswerEnd();
    this.#second.onAnswerEnd();
  }

  onOver(): void {
    this.#first.onOver();
    this.#second.onOver();
  }
}
