// Reads a socket into borrowed memory (see read-buffers.ts) and hands each piece to a sink, past the
// machinery of a readable stream.

import { type OnReadOpts, Socket } from "node:net";
import { READ_BYTES, sharedBuffer, takeBuffer } from "./read-buffers.ts";

// A read that half fills the buffer announces a large body.
const LARGE_READ_BYTES = READ_BYTES / 2;

export class SocketReader {
  /** Gets each piece; it is borrowed. */
  sink: (piece: Buffer) => void;
  #lastReadBytes = 0;

  constructor(sink: (piece: Buffer) => void) {
    this.sink = sink;
  }

  /** For a socket that is going to connect. */
  get options(): OnReadOpts {
    return {
      buffer: () => (this.#lastReadBytes < LARGE_READ_BYTES ? sharedBuffer() : takeBuffer()),
      callback: (bytes, buffer) => {
        this.#lastReadBytes = bytes;
        this.sink(asBuffer(buffer).subarray(0, bytes));
        return true;
      },
    };
  }

  /**
   * Takes over a socket that was accepted and has not been read (`pauseOnConnect`); use the one returned.
   * Node offers `onread` only to sockets that connect, so the system's handle is moved to such a one. It
   * is worth a tenth of a small request's time. A socket without a handle of this kind (TLS) is read as usual.
   */
  adopt(accepted: Socket): Socket {
    const handle = takeHandle(accepted);
    if (handle === undefined) return this.attach(accepted);
    // By reflection, because the types know no handle but a BoundSocket's; net.Server does the same.
    return Reflect.construct(Socket, [{ handle, allowHalfOpen: true, onread: this.options }]);
  }

  /** Reads a socket as streams are read. */
  attach(socket: Socket): Socket {
    return socket.on("data", (piece: Buffer) => this.sink(piece));
  }
}

function takeHandle(accepted: Socket): unknown {
  if (accepted.constructor !== Socket) return undefined;
  const handle: unknown = Reflect.get(accepted, "_handle") ?? undefined;
  Reflect.set(accepted, "_handle", null);
  return handle;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
