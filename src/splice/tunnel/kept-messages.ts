// What a client said while it had no upstream, in order, what is just coming of it, and what both may come to.

import type { Message } from "../protocol.ts";

/** For all tunnels together. */
export class KeptBudget {
  limitBytes: number;
  usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get isFull(): boolean {
    return this.usedBytes > this.limitBytes;
  }

  /** What had been read before the reading stopped was too much: a little that is inflated can be a lot. */
  get isOverrun(): boolean {
    return this.usedBytes > this.limitBytes * OVERRUN;
  }
}

const OVERRUN = 1.25;

// One of this size may be coming for each client, and is not counted.
const SMALL_BYTES = 65_536;

// What a message costs besides its bytes: many empty ones must not be free.
const MESSAGE_COST = 128;

export class KeptMessages {
  readonly #budget: KeptBudget;
  #messages: Message[] = [];
  #bytes = 0;
  #comingBytes = 0;

  constructor(budget: KeptBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(message: Message): void {
    this.#messages.push(message);
    this.#count(costOf(message));
  }

  /** Whether no more should be read, `unfinishedBytes` of a message included that is just coming. */
  isFull(maxBytes: number, unfinishedBytes: number): boolean {
    return this.#bytes + unfinishedBytes > maxBytes || this.#budget.isFull;
  }

  /**
   * So much has come of a message that is not whole yet, whether there is an upstream for it or not: many large ones that
   * never end must have a bound, too. False: there is no room for it.
   */
  coming(bytes: number): boolean {
    const counted = bytes > SMALL_BYTES ? bytes : 0;
    this.#budget.usedBytes += counted - this.#comingBytes;
    this.#comingBytes = counted;
    return counted === 0 || !this.#budget.isOverrun;
  }

  /** Not even what has come already can be kept. */
  get isOverrun(): boolean {
    return this.#budget.isOverrun;
  }

  /** The first one, which is not kept any more. */
  take(): Message | undefined {
    const message = this.#messages.shift();
    if (message) this.#count(-costOf(message));
    return message;
  }

  /** In order. */
  takeAll(): readonly Message[] {
    const messages = this.#messages;
    this.clear();
    return messages;
  }

  clear(): void {
    this.#messages = [];
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.usedBytes += bytes;
  }
}

function costOf({ data }: Message): number {
  return data.length + MESSAGE_COST;
}
