// What a rig's client has counted. The library's side of it is in each rig.

import { randomUUID } from "node:crypto";
import type { RigClient } from "./rig.ts";

export class ClientBook {
  readonly id: string;
  readonly received: number[] = [];
  readonly disruptions: string[] = [];
  #sent = 0;
  #lastAt: number | null = null;
  #longestSilenceMs = 0;

  constructor(id: string = randomUUID()) {
    this.id = id;
  }

  /** The number of the next message that the client sends. */
  next(): number {
    this.#sent += 1;
    return this.#sent;
  }

  take(number: number): void {
    const now = performance.now();
    this.received.push(number);
    if (this.#lastAt !== null) this.#longestSilenceMs = Math.max(this.#longestSilenceMs, now - this.#lastAt);
    this.#lastAt = now;
  }

  disrupted(what: string): void {
    this.disruptions.push(what);
  }

  get sent(): number {
    return this.#sent;
  }

  get longestSilenceMs(): number {
    return this.#longestSilenceMs;
  }

  resetSilence(): void {
    this.#longestSilenceMs = 0;
    this.#lastAt = null;
  }
}

/** The rest of a client: what its library does. */
export interface ClientLibrary {
  /** This number, on its way to the server. */
  readonly send: (number: number) => void;
  readonly ask: RigClient["ask"];
  readonly isConnected: () => boolean;
  readonly close: () => Promise<void>;
}

export function rigClient(book: ClientBook, library: ClientLibrary): RigClient {
  return {
    id: book.id,
    received: book.received,
    disruptions: book.disruptions,
    send: () => library.send(book.next()),
    ask: library.ask,
    resetSilence: () => book.resetSilence(),
    close: library.close,
    get sent() {
      return book.sent;
    },
    get isConnected() {
      return library.isConnected();
    },
    get longestSilenceMs() {
      return book.longestSilenceMs;
    },
  };
}
