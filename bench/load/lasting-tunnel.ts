// A WebSocket client as chat apps have it: it talks all the time, and when it is closed it comes back.

import { WebSocket } from "ws";

const MESSAGE_INTERVAL_MS = 100;
const RETRY_MS = 100;

export class LastingTunnel {
  /** With which codes it was closed, in order. */
  readonly closeCodes: number[] = [];
  failedHandshakes = 0;
  /** The longest time without an open tunnel after it was first open. */
  longestGapMs = 0;
  readonly #url: string;
  #tunnel: WebSocket | null = null;
  #talk: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;
  #closedAtMs: number | null = null;
  #wanted = true;

  constructor(port: number) {
    this.#url = `ws://127.0.0.1:${port}/ws`;
    this.#connect();
  }

  /** Leaves for good; what has not come back by now counts as a gap until now. */
  leave(): void {
    this.#wanted = false;
    this.#endGap();
    if (this.#talk) clearInterval(this.#talk);
    if (this.#retry) clearTimeout(this.#retry);
    this.#tunnel?.terminate();
  }

  #connect(): void {
    const tunnel = new WebSocket(this.#url, { perMessageDeflate: false });
    let opened = false;
    this.#tunnel = tunnel;
    tunnel.on("error", () => undefined);
    tunnel.on("open", () => {
      opened = true;
      this.#endGap();
      this.#talk = setInterval(() => tunnel.send("message"), MESSAGE_INTERVAL_MS);
    });
    tunnel.on("close", (code) => {
      if (this.#talk) clearInterval(this.#talk);
      if (this.#wanted) this.#comeBack(opened, code);
    });
  }

  #comeBack(wasOpen: boolean, code: number): void {
    if (wasOpen) {
      this.closeCodes.push(code);
      this.#closedAtMs = performance.now();
    } else {
      this.failedHandshakes += 1;
    }
    this.#retry = setTimeout(() => this.#connect(), RETRY_MS);
  }

  #endGap(): void {
    if (this.#closedAtMs === null) return;
    this.longestGapMs = Math.max(this.longestGapMs, performance.now() - this.#closedAtMs);
    this.#closedAtMs = null;
  }
}
