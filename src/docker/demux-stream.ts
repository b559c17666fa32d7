// The engine puts stdout and stderr of a container without a terminal into one stream:
//
//   | stream: 1 byte | 0 0 0 | length: 4 bytes, big endian | that many bytes |
//
// They are passed on as they come, so that a frame of any size costs no memory, and whoever reads slowly stops the
// engine.

export interface Piece {
  stream: "stdout" | "stderr";
  bytes: Buffer;
}

const HEADER_BYTES = 8;

export async function* demuxStream(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const frames = new FrameReader();
  for await (const chunk of source) yield* frames.read(chunk);
  if (frames.isInside) throw new Error("the stream of the output broke off inside a frame");
}

class FrameReader {
  #header: Buffer = Buffer.alloc(0);
  #stream: Piece["stream"] = "stdout";
  #left = 0;

  get isInside(): boolean {
    return this.#left > 0 || this.#header.length > 0;
  }

  *read(chunk: Buffer): Generator<Piece> {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#left === 0) {
        rest = this.#readHeader(rest);
      } else {
        const bytes = rest.subarray(0, this.#left);
        this.#left -= bytes.length;
        rest = rest.subarray(bytes.length);
        yield { stream: this.#stream, bytes };
      }
    }
  }

  /** What follows it. */
  #readHeader(chunk: Buffer): Buffer {
    const taken = chunk.subarray(0, HEADER_BYTES - this.#header.length);
    this.#header = Buffer.concat([this.#header, taken]);
    if (this.#header.length === HEADER_BYTES) {
      const { stream, length } = parseHeader(this.#header);
      this.#stream = stream;
      this.#left = length;
      this.#header = Buffer.alloc(0);
    }
    return chunk.subarray(taken.length);
  }
}

/** A terminal has one stream, and no frames. */
export async function* rawStream(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  for await (const bytes of source) yield { stream: "stdout", bytes };
}

function parseHeader(header: Buffer): { stream: Piece["stream"]; length: number } {
  const type = header[0] ?? 0;
  if (type > 2 || header.readUIntBE(1, 3) !== 0) throw new Error("the stream of the output has no frames");
  // 0 is what was typed into stdin and echoed.
  return { stream: type === 2 ? "stderr" : "stdout", length: header.readUInt32BE(4) };
}
