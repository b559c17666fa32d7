// The memory that sockets are read into. Node otherwise allocates 64 KiB for each read, which a small
// message pays for with more than its parsing, and whose garbage makes a large heap be collected all the
// time (64 KiB answers through the whole gateway: 92 µs of user time each, against 24 µs in a small heap).
//
//   small reads   one buffer for all sockets; what is read is valid until the reader's sink returns
//   large reads   pooled buffers, which go back to the pool when what was written from them is out
//
// So a piece handed to a sink is borrowed: keep `detached(piece)`, write with `writeBorrowed`.

import type { Socket } from "node:net";

export const READ_BYTES = 65_536;

const MOST_POOLED = 64;

const shared = Buffer.allocUnsafeSlow(READ_BYTES);
const free: Buffer[] = [];
/** Writes under way from each pooled buffer that is in use. */
const writes = new WeakMap<ArrayBufferLike, { buffer: Buffer; pending: number }>();

export function sharedBuffer(): Buffer {
  return shared;
}

/** A buffer of its own for the next read of one socket. */
export function takeBuffer(): Buffer {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES);
  writes.set(buffer.buffer, { buffer, pending: 0 });
  return buffer;
}

/** A copy that outlives the sink; the piece itself when it was not borrowed. */
export function detached(piece: Buffer): Buffer {
  return isBorrowed(piece) ? Buffer.from(piece) : piece;
}

/** socket.write for a piece that may be borrowed. */
export function writeBorrowed(socket: Socket, piece: Buffer): boolean {
  const lasting = piece.buffer === shared.buffer ? lastingCopy(piece) : piece;
  const use = writes.get(lasting.buffer);
  if (!use) return socket.write(lasting);
  use.pending++;
  return socket.write(lasting, (error) => {
    use.pending--;
    // After an error the system may still hold the memory: it is left to the garbage collector.
    if (!error && use.pending === 0 && free.length < MOST_POOLED) giveBack(use.buffer);
  });
}

function isBorrowed(piece: Buffer): boolean {
  return piece.buffer === shared.buffer || writes.has(piece.buffer);
}

function lastingCopy(piece: Buffer): Buffer {
  if (piece.length <= READ_BYTES / 4) return Buffer.from(piece);
  const copy = takeBuffer();
  piece.copy(copy);
  return copy.subarray(0, piece.length);
}

function giveBack(buffer: Buffer): void {
  writes.delete(buffer.buffer);
  free.push(buffer);
}
