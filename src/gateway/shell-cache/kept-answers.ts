// The kept answers, bounded as a whole and for each path: a query can be invented, and must not drive out what others
// keep.

import { LRUCache } from "lru-cache";
import type { KeptAnswer } from "./kept-answer.ts";

/** Encodings and queries of one path. */
export const MOST_VARIANTS = 8;

interface Entry {
  path: string;
  answer: KeptAnswer;
}

export class KeptAnswers {
  readonly #entries: LRUCache<string, Entry>;
  /** Keys by path, the one used last at the end. */
  readonly #variants = new Map<string, Set<string>>();

  constructor(maxSize: number) {
    this.#entries = new LRUCache({
      maxSize,
      sizeCalculation: ({ answer, path }, key) => answer.bytes + 2 * (key.length + path.length),
      dispose: ({ path }, key) => this.#forget(path, key),
    });
  }

  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** Marks it as used: what is asked for most is dropped last. */
  get(key: string): KeptAnswer | undefined {
    const entry = this.#entries.get(key);
    if (entry) this.#remember(entry.path, key);
    return entry?.answer;
  }

  set(path: string, key: string, answer: KeptAnswer): void {
    this.#entries.delete(key);
    const [oldest] = this.#variants.get(path) ?? [];
    const isFull = this.#variants.get(path)?.size === MOST_VARIANTS;
    if (isFull && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(key, { path, answer });
    if (this.#entries.has(key)) this.#remember(path, key);
  }

  clear(): void {
    this.#entries.clear();
  }

  #remember(path: string, key: string): void {
    const keys = this.#variants.get(path) ?? new Set();
    keys.delete(key);
    this.#variants.set(path, keys.add(key));
  }

  #forget(path: string, key: string): void {
    const keys = this.#variants.get(path);
    keys?.delete(key);
    if (keys?.size === 0) this.#variants.delete(path);
  }
}
