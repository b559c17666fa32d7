// Patterns over messages: `*` is any run of characters, all else stands for itself. Not regular expressions: a message
// is written by a stranger, and `.*x.*y` takes 20 s for 4 KiB of x. This takes one pass.

/** Longer texts match nothing; they could not be remembered either. */
export const LONGEST_MATCHED_BYTES = 64 * 1024;

export class Glob {
  readonly #head: string;
  readonly #middle: readonly string[];
  /** Null: there is no `*`. */
  readonly #tail: string | null;

  constructor(pattern: string) {
    const [head = "", ...rest] = pattern.split("*");
    this.#head = head;
    this.#tail = rest.pop() ?? null;
    this.#middle = rest;
  }

  matches(text: string): boolean {
    if (this.#tail === null) return text === this.#head;
    if (!text.startsWith(this.#head)) return false;
    const at = this.#endOfMiddle(text);
    return at >= 0 && text.length - at >= this.#tail.length && text.endsWith(this.#tail);
  }

  /** -1: not all of it is there. The leftmost place is right for each part: what follows has the most room then. */
  #endOfMiddle(text: string): number {
    let at = this.#head.length;
    for (const part of this.#middle) {
      const found = text.indexOf(part, at);
      if (found < 0) return -1;
      at = found + part.length;
    }
    return at;
  }
}
