// One line that rewrites itself on a terminal; elsewhere one line for each change.

import { clearLine, cursorTo } from "node:readline";
import type { OutputStream } from "./terminal.ts";

export class LiveLine {
  readonly #stream: OutputStream;
  readonly #live: boolean;
  #lastFacts = "";
  #shown = false;

  constructor(stream: OutputStream) {
    this.#stream = stream;
    this.#live = stream.isTTY === true;
  }

  /** Whether the line rewrites itself, so that showing the passing time makes sense. */
  get live(): boolean {
    return this.#live;
  }

  /** Shows the facts; what passes by itself (`elapsed`) does not count as a change. */
  show(facts: string, elapsed: string): void {
    if (this.#live) this.#rewrite(`${facts} · ${elapsed}`);
    else if (facts !== this.#lastFacts) this.#stream.write(`${facts}\n`);
    this.#lastFacts = facts;
  }

  /** Takes the line off a terminal, so that the summary stands in its place. Twice is harmless. */
  erase(): void {
    if (!this.#shown) return;
    this.#shown = false;
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
  }

  #rewrite(text: string): void {
    this.#shown = true;
    cursorTo(this.#stream, 0);
    // A line that wraps could not be taken back: the cursor only returns to the last row of it.
    // A pseudo terminal that nobody has sized says 0 columns.
    this.#stream.write(text.slice(0, (this.#stream.columns || 80) - 1));
    clearLine(this.#stream, 1);
  }
}
