// The open tunnels of a service: whose upstream breaks off, and who is closed when, so that clients come
// back at a steady rate.

import type { CutoverPolicy, WebSocketSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import type { TunnelOwner } from "../proxy/exchange-owner.ts";
import type { Tunnel } from "../proxy/tunnel.ts";
import type { ServiceCounters } from "./gateway-port.ts";
import { WavePacer } from "./wave-pacer.ts";

// Clients treat 1000, 1008, 1011 and 4xxx as final; at 1012 "service restart" they come back.
const SERVICE_RESTART = 1012;
const REASON = "service restart";

export interface TunnelWavesOptions {
  clock: Clock;
  settings: WebSocketSettings;
  counters: ServiceCounters;
  onClosed: (tunnel: Tunnel) => void;
  onWave: (closed: number, left: number) => void;
}

export class TunnelWaves implements TunnelOwner {
  readonly #pacer: WavePacer<Tunnel>;
  readonly #counters: ServiceCounters;
  readonly #onClosed: (tunnel: Tunnel) => void;
  #settings: WebSocketSettings;

  constructor({ clock, settings, counters, onClosed, onWave }: TunnelWavesOptions) {
    this.#settings = settings;
    this.#counters = counters;
    this.#onClosed = onClosed;
    this.#pacer = new WavePacer<Tunnel>({
      clock,
      perSecond: settings.wavesPerSecond,
      run: (tunnel) => this.#reconnect(tunnel),
      onWave,
    });
  }

  configure(settings: WebSocketSettings): void {
    this.#settings = settings;
    this.#pacer.configure(settings.wavesPerSecond);
  }

  /** What a cutover does with this tunnel: the policy of the longest path prefix, else the service's. */
  policyOf(tunnel: Tunnel): CutoverPolicy {
    let longest = "";
    for (const [prefix, policy] of Object.entries(this.#settings.paths)) {
      const covers = policy.onCutover && prefix.length > longest.length && isUnder(tunnel.path, prefix);
      if (covers) longest = prefix;
    }
    return this.#settings.paths[longest]?.onCutover ?? this.#settings.onCutover;
  }

  adopt(tunnel: Tunnel): void {
    tunnel.owner = this;
    this.#counters.tunnelsOpened++;
  }

  closeInWaves(tunnels: Iterable<Tunnel>): void {
    this.#pacer.add(tunnels);
  }

  /** Their upstream is in use again: those whose turn has not come stay, but for the ones it has lost. */
  keep(tunnels: Iterable<Tunnel>): void {
    for (const tunnel of tunnels) if (tunnel.state === "open") this.#pacer.remove(tunnel);
  }

  onUpstreamLost(tunnel: Tunnel): void {
    this.#pacer.add([tunnel]);
  }

  onTunnelClosed(tunnel: Tunnel): void {
    this.#counters.tunnelsClosed++;
    if (tunnel.wasCut) this.#counters.cut++;
    this.#pacer.remove(tunnel);
    this.#onClosed(tunnel);
  }

  #reconnect(tunnel: Tunnel): void {
    tunnel.close(SERVICE_RESTART, REASON);
    // One that its upstream left inside a frame can only be cut.
    if (!tunnel.wasCut) this.#counters.reconnected++;
  }
}

function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith("/") || path.length === prefix.length || path[prefix.length] === "/";
}
