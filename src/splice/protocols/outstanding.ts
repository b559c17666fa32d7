// What one side has asked and the other has not answered yet: bounded, and once it was too much, for good.

const MOST_OUTSTANDING = 1024;
/** Identifiers come from the wire. */
const LONGEST_KEY = 256;

export class Outstanding<Key extends string | number, Value = null> {
  readonly #entries = new Map<Key, Value>();
  #overflowed = false;

  add(key: Key, value: Value): void {
    const tooLong = typeof key === "string" && key.length > LONGEST_KEY;
    const tooMany = this.#entries.size >= MOST_OUTSTANDING && !this.#entries.has(key);
    if (tooLong || tooMany) this.#overflowed = true;
    if (!this.#overflowed) this.#entries.set(key, value);
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** In the order in which they were added. */
  entries(): [Key, Value][] {
    return [...this.#entries];
  }

  /** It is not known any more what is outstanding. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  get any(): boolean {
    return this.#overflowed || this.#entries.size > 0;
  }
}
