// What a new upstream must hear of one client, in the order in which it was said, and bounded.

import { type Message, MOST_REMEMBERED_BYTES } from "./protocol.ts";

export class Remembered<Key> {
  readonly #messages = new Map<Key, Message>();
  #bytes = 0;
  #overflowed = false;

  /** One of the same key is replaced, and stands at the end then. */
  put(key: Key, message: Message): void {
    this.delete(key);
    // For good: what was left out cannot be found again.
    if (this.#bytes + message.data.length > MOST_REMEMBERED_BYTES) this.#overflowed = true;
    if (this.#overflowed) return;
    this.#messages.set(key, message);
    this.#bytes += message.data.length;
  }

  delete(key: Key): void {
    const present = this.#messages.get(key);
    if (present === undefined) return;
    this.#messages.delete(key);
    this.#bytes -= present.data.length;
  }

  get(key: Key): Message | undefined {
    return this.#messages.get(key);
  }

  has(key: Key): boolean {
    return this.#messages.has(key);
  }

  keys(): Key[] {
    return [...this.#messages.keys()];
  }

  messages(): Message[] {
    return [...this.#messages.values()];
  }

  /** As `Conversation.obstacle` says it. */
  obstacle(): string | null {
    if (!this.#overflowed) return null;
    return `what a new upstream would have to hear is more than ${MOST_REMEMBERED_BYTES / 1024} KiB`;
  }
}
