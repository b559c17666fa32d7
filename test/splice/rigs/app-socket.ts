// The client's side of apps that speak JSON over a plain WebSocket of `ws`, which does not come back by itself.

import { once } from "node:events";
import { WebSocket } from "ws";
import { z } from "zod";
import type { ClientBook } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import { textOf } from "./websocket-app.ts";

const fieldsOf = z.record(z.string(), z.unknown());

export type Said = Readonly<Record<string, unknown>>;

export class AppSocket {
  readonly #socket: WebSocket;
  readonly #book: ClientBook;

  constructor(url: string, book: ClientBook) {
    this.#socket = new WebSocket(url, { perMessageDeflate: false });
    this.#book = book;
    this.#socket.on("error", (error) => book.disrupted(`error: ${error.message}`));
    this.#socket.on("close", (code) => book.disrupted(`close ${code}`));
  }

  /** Once what `introduce` says has been answered as it wants. */
  async open(introduce: () => Promise<void>, signal?: AbortSignal): Promise<void> {
    try {
      await once(this.#socket, "open", { signal });
      await orAborted(introduce(), signal);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  onMessage(hear: (said: Said) => void): void {
    this.#socket.on("message", (data) => hear(readFields(textOf(data))));
  }

  /** The first message from now on that is meant. */
  heard(isMeant: (said: Said) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const hear = (data: Buffer) => {
      if (!isMeant(readFields(data.toString()))) return;
      this.#socket.off("message", hear);
      resolve();
    };
    this.#socket.on("message", hear);
    return promise;
  }

  say(message: Said): void {
    if (this.isOpen) this.#socket.send(JSON.stringify(message));
    else this.#book.disrupted("not sent: no connection");
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket.readyState === WebSocket.CLOSED) return;
    const closed = once(socket, "close");
    socket.close();
    await closed.catch(() => {});
  }
}

export function readFields(text: string): Said {
  return fieldsOf.parse(JSON.parse(text));
}
