// One end of a TCP connection in the hands of a test: it says what it is told, byte by byte, and remembers
// what it heard.

import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Barrier } from "./barrier.ts";

/** How the other side has ended: not yet, orderly, or by breaking the connection. */
export type Ending = "open" | "fin" | "reset";

export class RawConnection {
  readonly socket: Socket;
  ending: Ending = "open";
  #pieces: string[] = [];
  readonly #barrier = new Barrier();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.#pieces.push(chunk.toString("latin1"));
      this.#barrier.changed();
    });
    socket.on("end", () => this.#end("fin"));
    socket.on("error", () => this.#end("reset"));
    socket.on("close", () => this.#end("reset"));
  }

  /** All that has been heard, a character for each byte. */
  get heard(): string {
    return this.#pieces.join("");
  }

  /** Latin1 text, or bytes. */
  send(data: string | Buffer): void {
    this.socket.write(typeof data === "string" ? Buffer.from(data, "latin1") : data);
  }

  /** Sends piece by piece, each in a turn of its own, so that the other side reads them one by one. */
  async sendInPieces(pieces: Iterable<Buffer>): Promise<void> {
    for (const piece of pieces) {
      if (!this.socket.writable) return;
      this.send(piece);
      await setImmediate();
    }
  }

  until(what: string, condition: () => boolean): Promise<void> {
    return this.#barrier.until(what, condition, () => `${this.ending}, heard ${JSON.stringify(this.heard)}`);
  }

  /** Waits until `text` has been heard for the `times`th time. */
  hears(text: string, times = 1): Promise<void> {
    const count = counter(this.#pieces, text);
    return this.until(JSON.stringify(text), () => count() >= times);
  }

  /** Waits until the other side has ended, and gives all that was heard. */
  async ends(): Promise<string> {
    await this.until("the end of the connection", () => this.ending !== "open");
    return this.heard;
  }

  /** Forgets what was heard so far. */
  forget(): void {
    this.#pieces = [];
  }

  /** Breaks the connection and waits until it is gone. */
  async destroy(): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, "close");
    this.socket.destroy();
    await closed;
  }

  #end(ending: Ending): void {
    if (this.ending === "open") this.ending = ending;
    this.#barrier.changed();
  }
}

/** Counts how often `text` stands in what the pieces add up to, and looks at each piece once. */
function counter(pieces: string[], text: string): () => number {
  let next = 0;
  let count = 0;
  let rest = "";
  return () => {
    for (; next < pieces.length; next++) {
      const unseen = rest + (pieces[next] ?? "");
      let from = 0;
      for (let at = unseen.indexOf(text); at >= 0; at = unseen.indexOf(text, from)) {
        count++;
        from = at + text.length;
      }
      rest = unseen.slice(Math.max(from, unseen.length - text.length + 1));
    }
    return count;
  };
}
