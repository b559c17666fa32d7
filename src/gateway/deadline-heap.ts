// A binary heap of deadlines. Each entry knows its own place in it, so that one who leaves early is
// removed in O(log n) and leaves nothing behind.

export interface Deadlined {
  readonly deadline: number;
  /** Breaks ties. */
  readonly order: number;
  /** Written by the heap only. */
  heapIndex: number;
}

export class DeadlineHeap<E extends Deadlined> {
  readonly #entries: E[] = [];

  /** The entry with the earliest deadline. */
  get first(): E | undefined {
    return this.#entries[0];
  }

  push(entry: E): void {
    this.#place(entry, this.#entries.length);
    this.#rise(entry);
  }

  /** `entry` must be in the heap. */
  remove(entry: E): void {
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#place(last, entry.heapIndex);
    this.#rise(last);
    this.#sink(last);
  }

  #rise(entry: E): void {
    for (;;) {
      const parent = this.#entries[(entry.heapIndex - 1) >> 1];
      if (parent === undefined || !isEarlier(entry, parent)) return;
      this.#exchange(entry, parent);
    }
  }

  #sink(entry: E): void {
    for (;;) {
      const child = this.#earlierChild(entry);
      if (child === undefined || !isEarlier(child, entry)) return;
      this.#exchange(entry, child);
    }
  }

  #earlierChild(entry: E): E | undefined {
    const left = this.#entries[2 * entry.heapIndex + 1];
    const right = this.#entries[2 * entry.heapIndex + 2];
    return left !== undefined && right !== undefined && isEarlier(right, left) ? right : left;
  }

  #exchange(one: E, other: E): void {
    const index = one.heapIndex;
    this.#place(one, other.heapIndex);
    this.#place(other, index);
  }

  #place(entry: E, index: number): void {
    entry.heapIndex = index;
    this.#entries[index] = entry;
  }
}

function isEarlier(one: Deadlined, other: Deadlined): boolean {
  return one.deadline === other.deadline ? one.order < other.order : one.deadline < other.deadline;
}
