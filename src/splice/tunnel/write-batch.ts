// What several messages of one piece of input make a tunnel say goes out in one write: with a system call for each, two
// thirds of the time that small messages took was the system's (50 000 echoes of 64 bytes a CPU second, 110 000 now).

import type { Writable } from "node:stream";

type Batched = Pick<Writable, "cork" | "uncork" | "writableCorked" | "writableLength">;

// It must soon be known what the system does not take: that is kept for another upstream, and stops the reading.
const MOST_BYTES = 16_384;

const corked: Batched[] = [];
let depth = 0;

/** What `join`ed sockets are sent by `work` goes out when it returns. */
export function inOneBatch<T>(work: () => T): T {
  depth += 1;
  try {
    return work();
  } finally {
    depth -= 1;
    if (depth === 0) flushAll();
  }
}

/** Before a write. What the system does not take all of by itself does not join. */
export function join(socket: Batched): void {
  if (depth === 0 || socket.writableCorked > 0 || socket.writableLength > 0) return;
  socket.cork();
  corked.push(socket);
}

/** Behind a write. */
export function flushWhenLarge(socket: Batched): void {
  if (socket.writableLength > MOST_BYTES) flush(socket);
}

/** Before its end. Harmless when nothing waits. */
export function flush(socket: Batched): void {
  if (socket.writableCorked > 0) socket.uncork();
}

/** The system has been asked, and has not taken everything. */
export function isClogged(socket: Batched): boolean {
  return socket.writableLength > 0 && socket.writableCorked === 0;
}

function flushAll(): void {
  for (let socket = corked.pop(); socket; socket = corked.pop()) flush(socket);
}
