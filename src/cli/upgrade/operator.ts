// What the operator at the terminal decides while a run goes on: answers to `confirm`, and Ctrl-C.

import type { InputStream } from "../terminal.ts";

export interface Decisions {
  /** Null: it is not asked here. */
  onKey: (key: string) => void;
  /** The first Ctrl-C, the second, and so on. */
  onInterrupt: (count: number) => void;
}

const CTRL_C = "\u0003";

/** Keys one by one, so that an answer needs no Enter and the list that redraws itself is not disturbed. */
export class Operator {
  readonly #input: InputStream | null;
  readonly #decisions: Decisions;
  #interrupts = 0;

  constructor(input: InputStream | null, decisions: Decisions) {
    this.#input = input?.isTTY === true ? input : null;
    this.#decisions = decisions;
    process.on("SIGINT", this.#onInterrupt);
    this.#input?.setRawMode?.(true);
    this.#input?.on("data", this.#onData);
    this.#input?.resume();
  }

  /** Whether there is somebody to ask. */
  get present(): boolean {
    return this.#input !== null;
  }

  close(): void {
    process.off("SIGINT", this.#onInterrupt);
    this.#input?.off("data", this.#onData);
    this.#input?.setRawMode?.(false);
    this.#input?.pause();
  }

  // In raw mode Ctrl-C comes as a key, not as a signal.
  readonly #onData = (data: Buffer | string): void => {
    for (const key of data.toString()) {
      if (key === CTRL_C) this.#onInterrupt();
      else this.#decisions.onKey(key.toLowerCase());
    }
  };

  readonly #onInterrupt = (): void => {
    this.#interrupts += 1;
    this.#decisions.onInterrupt(this.#interrupts);
  };
}
