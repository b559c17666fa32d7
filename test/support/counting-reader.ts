// A client for large answers: it counts what it hears instead of keeping it, and reads only while told to.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { Barrier } from "./barrier.ts";

export class CountingReader {
  readonly socket: Socket;
  bytes = 0;
  ended = false;
  readonly #hash = createHash("sha256");
  readonly #barrier = new Barrier();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.#hash.update(chunk);
      this.#barrier.changed();
    });
    socket.on("close", () => {
      this.ended = true;
      this.#barrier.changed();
    });
    socket.on("error", () => {});
  }

  /** Connected and paused; closed when the test is over. */
  static async connect(port: number): Promise<CountingReader> {
    const socket = connect(port, "127.0.0.1");
    const reader = new CountingReader(socket);
    socket.pause();
    await once(socket, "connect");
    onTestFinished(() => void socket.destroy());
    return reader;
  }

  send(text: string): void {
    this.socket.write(text, "latin1");
  }

  /** Reads until so many bytes have come in all. */
  async reads(bytes: number): Promise<void> {
    this.socket.resume();
    const seen = (): string => `${this.bytes} have come${this.ended ? ", and the end" : ""}`;
    await this.#barrier.until(`${bytes} bytes`, () => this.bytes >= bytes, seen);
  }

  /** Reads to the end of the connection; gives the number of bytes that came. */
  async readsAll(): Promise<number> {
    this.socket.resume();
    await this.#barrier.until(
      "the end",
      () => this.ended,
      () => `${this.bytes} bytes have come`,
    );
    return this.bytes;
  }

  /** Of all that came. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}
