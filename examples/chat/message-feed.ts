// Hands new messages to whoever follows a room. There is one way in, the database: a message
// written by this process and one written by the other version beside it arrive alike, in order.

import type { Message, MessageStore } from "./message-store.ts";

export type MessageListener = (message: Message) => void;

// How long a message written by another process may take to be noticed.
const INTERVAL_MS = 200;
const BATCH = 500;

export class MessageFeed {
  readonly #store: MessageStore;
  readonly #listeners = new Map<string, Set<MessageListener>>();
  readonly #timer: NodeJS.Timeout;
  #lastId: number;

  constructor(store: MessageStore) {
    this.#store = store;
    this.#lastId = store.lastId();
    this.#timer = setInterval(() => this.pump(), INTERVAL_MS);
  }

  /**
   * Calls `listener` for each message of the room after `afterId` (null: only for new ones), without
   * a gap between those that are stored and those to come. Returns the way to stop.
   */
  follow(room: string, afterId: number | null, listener: MessageListener): () => void {
    this.pump();
    if (afterId !== null) this.#replay(room, afterId, listener);
    const listeners = this.#listeners.get(room) ?? new Set();
    this.#listeners.set(room, listeners.add(listener));
    return () => this.#leave(room, listener);
  }

  /** Hands out what is new; called by the timer, and at once after a write of our own. */
  pump(): void {
    for (;;) {
      const messages = this.#store.after(this.#lastId, BATCH);
      for (const message of messages) this.#deliver(message);
      if (messages.length < BATCH) return;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#listeners.clear();
  }

  #deliver(message: Message): void {
    this.#lastId = message.id;
    for (const listener of this.#listeners.get(message.room) ?? []) listener(message);
  }

  #replay(room: string, afterId: number, listener: MessageListener): void {
    let seenId = afterId;
    for (;;) {
      const messages = this.#store.inRoomAfter(room, seenId, BATCH);
      for (const message of messages) {
        // Written meanwhile by the other process: the next pump hands it out, to this listener too.
        if (message.id > this.#lastId) return;
        listener(message);
        seenId = message.id;
      }
      if (messages.length < BATCH) return;
    }
  }

  #leave(room: string, listener: MessageListener): void {
    const listeners = this.#listeners.get(room);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(room);
  }
}
