// The tunnels of one upstream. One that has been closed is leaving until both its connections are gone: the
// end of the process must neither cut its goodbye short nor wait for a peer that never ends its side.

import type { OpenTunnel } from "./tunnel-opener.ts";

export class TunnelRegister {
  readonly open = new Set<OpenTunnel>();
  readonly #leaving = new Set<OpenTunnel>();
  #whenLeft: (() => void)[] = [];

  adopt(tunnel: OpenTunnel): void {
    this.open.add(tunnel);
  }

  /** It goes on elsewhere. */
  release(tunnel: OpenTunnel): void {
    this.open.delete(tunnel);
  }

  /** It carries nothing more but what is on its way. */
  close(tunnel: OpenTunnel): void {
    this.open.delete(tunnel);
    this.#leaving.add(tunnel);
  }

  /** Both its connections are gone. Twice is harmless. */
  forget(tunnel: OpenTunnel): void {
    if (!this.#leaving.delete(tunnel) || this.#leaving.size > 0) return;
    const whenLeft = this.#whenLeft;
    this.#whenLeft = [];
    for (const resolve of whenLeft) resolve();
  }

  /** Resolves when none is leaving any more; each has a deadline of its own. */
  async whenLeft(): Promise<void> {
    if (this.#leaving.size === 0) return;
    await new Promise<void>((resolve) => this.#whenLeft.push(resolve));
  }

  /** Breaks them all. */
  destroy(): void {
    for (const tunnel of [...this.open, ...this.#leaving]) tunnel.destroy();
  }
}
