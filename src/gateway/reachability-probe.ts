// During an automatic hold: finds out, within 50 ms, that the upstream answers again.
//
// An open port is no proof, because a port proxy accepts long before the app behind it does; so each
// attempt asks for an answer. Any will do but those that a proxy in between gives for a missing app: one
// that has nothing at the health path is there all the same.

import type { Clock, Timer } from "../lib/clock.ts";
import { AddressWatch } from "./address-watch.ts";

// Well below the 50 ms promised: the rest is for the attempt itself.
const TICK_MS = 40;

export interface ReachabilityProbeOptions {
  clock: Clock;
  /** All addresses of the upstream: one that answers is enough. */
  urls: string[];
  path: string;
  /** The Host header; null: the address itself. */
  host: string | null;
  /** How long one attempt may take. */
  timeoutMs: number;
  /** Called once for each start(); the probe has stopped by then. */
  onReachable: () => void;
}

export class ReachabilityProbe {
  readonly #clock: Clock;
  readonly #onReachable: () => void;
  readonly #watches: AddressWatch[];
  #timer: Timer | null = null;

  constructor({ clock, urls, path, host, timeoutMs, onReachable }: ReachabilityProbeOptions) {
    this.#clock = clock;
    this.#onReachable = onReachable;
    const onAnswer = () => this.#found();
    this.#watches = urls.map(
      (url) => new AddressWatch({ clock, target: { url, path, host }, timeoutMs, onAnswer }),
    );
  }

  /** Attempts under way, over all addresses. */
  get outstanding(): number {
    return this.#watches.reduce((sum, watch) => sum + watch.outstanding, 0);
  }

  /** The first attempts begin at once. */
  start(): void {
    if (this.#timer === null) this.#tick();
  }

  /** Cuts what is under way; onReachable is not called any more. May be started again. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    for (const watch of this.#watches) watch.stop();
  }

  #tick(): void {
    this.#timer = this.#clock.after(TICK_MS, () => this.#tick());
    for (const watch of this.#watches) watch.tick();
  }

  #found(): void {
    this.stop();
    this.#onReachable();
  }
}
