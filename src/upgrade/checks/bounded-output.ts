import { Writable } from "node:stream";

/** Keeps the beginning of what is written to it, and lets the rest go by. */
export class BoundedOutput extends Writable {
  readonly #limitBytes: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    super();
    this.#limitBytes = limitBytes;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const kept = chunk.subarray(0, this.#limitBytes - this.#bytes);
    this.#chunks.push(kept);
    this.#bytes += kept.length;
    done();
  }
}
