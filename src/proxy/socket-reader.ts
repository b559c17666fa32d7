// Reads an upstream's socket into a buffer that all upstream connections share. Node otherwise allocates
// 64 KiB for each read and shrinks it afterwards, which costs a small answer more than its parsing does.
//
// What is handed on is valid only until the reader's sink returns: who keeps or writes it asynchronously
// takes `detached` first. A read that half fills the buffer announces a large body; from then on reads get
// a buffer of their own, so that large bodies are passed on without a copy.

import type { OnReadOpts } from "node:net";

const BUFFER_BYTES = 65_536;
const LARGE_READ_BYTES = BUFFER_BYTES / 2;

const shared = Buffer.allocUnsafeSlow(BUFFER_BYTES);

export class SocketReader {
  /** Gets each piece that was read. */
  sink: (piece: Buffer) => void;
  #lastReadBytes = 0;

  constructor(sink: (piece: Buffer) => void) {
    this.sink = sink;
  }

  /** For `net.connect`. */
  get options(): OnReadOpts {
    return {
      buffer: () => (this.#lastReadBytes < LARGE_READ_BYTES ? shared : Buffer.allocUnsafeSlow(BUFFER_BYTES)),
      callback: (bytes, buffer) => {
        this.#lastReadBytes = bytes;
        this.sink(asBuffer(buffer).subarray(0, bytes));
        return true;
      },
    };
  }
}

/** The piece itself, or a copy when it lies in the shared buffer. */
export function detached(piece: Buffer): Buffer {
  return piece.buffer === shared.buffer ? Buffer.from(piece) : piece;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
