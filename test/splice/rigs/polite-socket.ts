// A server's WebSocket that has said what it has begun to say before it answers a Close: what an app hands to a broker
// passes through queues before it is written, and `ws` drops what comes behind its answer. It begins nothing new once
// a Close has come.

import { WebSocket } from "ws";

export class PoliteSocket extends WebSocket {
  #unsaid = 0;
  #answer: (() => void) | null = null;

  get mayBegin(): boolean {
    return this.readyState === WebSocket.OPEN && this.#answer === null;
  }

  begin(): void {
    this.#unsaid += 1;
  }

  /** It is written, or never will be. */
  said(): void {
    this.#unsaid -= 1;
    if (this.#unsaid === 0) this.#answer?.();
  }

  override close(code?: number, reason?: string | Buffer): void {
    if (this.#unsaid === 0) return super.close(code, reason);
    this.#answer = () => super.close(code, reason);
  }
}
