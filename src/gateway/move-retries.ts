// Moves that have failed are tried again, but not for ever: each second, for as long as a request may be held. What stands
// before an app that starts (Docker's proxy of a published port, a web server of its own) accepts connections, and breaks
// them off or answers 502.

import type { Clock, Timer } from "../lib/clock.ts";
import type { SplicedTunnel } from "../splice/tunnel/spliced-tunnel.ts";

const RETRY_MS = 1000;
/** An upstream that loses a tunnel sooner than this has not taken it. */
const SETTLED_MS = 5000;

export class MoveRetries {
  readonly #clock: Clock;
  readonly #again: (tunnel: SplicedTunnel) => void;
  readonly #timers = new Map<SplicedTunnel, Timer>();
  /** Since when moves of it have failed, one after the other; monotonic milliseconds. */
  readonly #failingSince = new WeakMap<SplicedTunnel, number>();
  readonly #movedAt = new WeakMap<SplicedTunnel, number>();

  /** `again` is told of those that are still parked. */
  constructor(clock: Clock, again: (tunnel: SplicedTunnel) => void) {
    this.#clock = clock;
    this.#again = again;
  }

  /** False: it has been tried for long enough. */
  failed(tunnel: SplicedTunnel, maxMs: number): boolean {
    const now = this.#clock.now();
    const since = this.#failingSince.get(tunnel) ?? now;
    this.#failingSince.set(tunnel, since);
    if (now - since >= maxMs) return false;
    const timer = this.#clock.after(RETRY_MS, () => {
      this.#timers.delete(tunnel);
      if (tunnel.isParked) this.#again(tunnel);
    });
    this.#timers.get(tunnel)?.cancel();
    this.#timers.set(tunnel, timer);
    return true;
  }

  /** It is linked to an upstream; whether that is for good will show. */
  moved(tunnel: SplicedTunnel): void {
    this.#movedAt.set(tunnel, this.#clock.now());
  }

  /** Whether its upstream, lost just now, had taken it: what failed before does not count any more then. */
  hasSettled(tunnel: SplicedTunnel): boolean {
    if (this.#clock.now() - (this.#movedAt.get(tunnel) ?? -Infinity) < SETTLED_MS) return false;
    this.settled(tunnel);
    return true;
  }

  /** It was well where it was. */
  settled(tunnel: SplicedTunnel): void {
    this.#failingSince.delete(tunnel);
  }

  forget(tunnel: SplicedTunnel): void {
    this.#timers.get(tunnel)?.cancel();
    this.#timers.delete(tunnel);
  }
}
