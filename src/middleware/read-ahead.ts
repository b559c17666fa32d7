// Reads on in the body of a request that waits: node:http stops where its buffer is full, and of a socket that is not
// read nobody hears that its client has left. What was read stays in the request, where the host's proxy finds it.

import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { afterNextPoll } from "../proxy/after-next-poll.ts";
import type { BodyMemory } from "../proxy/engine.ts";

// Of the requests on one connection only the last can have a body that is still coming.
const readers = new WeakMap<Socket, ReadAhead>();

export class ReadAhead {
  readonly #req: IncomingMessage;
  readonly #memory: BodyMemory;
  #counted = 0;

  constructor(req: IncomingMessage, memory: BodyMemory) {
    this.#req = req;
    this.#memory = memory;
  }

  begin(): void {
    const { socket } = this.#req;
    readers.get(socket)?.ignore();
    readers.set(socket, this);
    socket.on("pause", this.#onPause);
    if (socket.isPaused()) this.#onPause();
  }

  /** Somebody else reads from now on, or nobody. Twice is harmless. */
  end(): void {
    this.ignore();
    this.#memory.count(-this.#counted);
    this.#counted = 0;
  }

  /** Calls back when all that the kernel has of the client has been read, unless it says that the client has left. */
  catchUp(then: () => void): void {
    const { readableLength, socket } = this.#req;
    afterNextPoll(() => {
      if (socket.destroyed) return;
      if (this.#req.readableLength > readableLength) this.catchUp(then);
      else then();
    });
  }

  /** Lets the socket pause. */
  ignore(): void {
    this.#req.socket.off("pause", this.#onPause);
  }

  readonly #onPause = (): void => {
    const { readableLength, complete, socket } = this.#req;
    const grown = readableLength - this.#counted;
    // Where nothing has come since, it is paused for another reason: for answers that the client does not read.
    if (complete || grown <= 0 || readableLength >= this.#memory.waitLimit) return;
    this.#memory.count(grown);
    this.#counted = readableLength;
    socket.resume();
  };
}
