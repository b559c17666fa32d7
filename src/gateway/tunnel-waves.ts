// The open tunnels of a service: whose upstream breaks off, and who is closed when, so that clients come
// back at a steady rate.

import type { CutoverPolicy, WebSocketSettings } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import { CloseCode } from "../lib/close-codes.ts";
import type { TunnelOwner } from "../proxy/exchange-owner.ts";
import type { OpenTunnel } from "../proxy/tunnel-opener.ts";
import type { ServiceCounters } from "./gateway-port.ts";
import { cutoverPolicyOf } from "./tunnel-policies.ts";
import { WavePacer } from "./wave-pacer.ts";

const REASON = "service restart";

/** Something else than a tunnel that is to go at the same pace. */
export interface Turn {
  onTurn(): void;
}

export interface TunnelWavesOptions {
  clock: Clock;
  settings: WebSocketSettings;
  counters: ServiceCounters;
  /** Its turn has come. True: somebody else sees to it, and it is not closed. */
  takes?: (tunnel: OpenTunnel) => boolean;
  /** Its upstream is gone. True: somebody else sees to it. */
  takesLost?: (tunnel: OpenTunnel) => boolean;
  onClosed: (tunnel: OpenTunnel) => void;
  onWave: (closed: number, left: number) => void;
}

export class TunnelWaves implements TunnelOwner {
  readonly #pacer: WavePacer<OpenTunnel | Turn>;
  readonly #counters: ServiceCounters;
  readonly #options: TunnelWavesOptions;
  #settings: WebSocketSettings;

  constructor(options: TunnelWavesOptions) {
    const { clock, settings, counters, onWave } = options;
    this.#options = options;
    this.#settings = settings;
    this.#counters = counters;
    this.#pacer = new WavePacer<OpenTunnel | Turn>({
      clock,
      perSecond: settings.wavesPerSecond,
      run: (item) => {
        if ("onTurn" in item) item.onTurn();
        else if (!options.takes?.(item)) this.#reconnect(item);
      },
      onWave,
    });
  }

  configure(settings: WebSocketSettings): void {
    this.#settings = settings;
    this.#pacer.configure(settings.wavesPerSecond);
  }

  policyOf(tunnel: OpenTunnel): CutoverPolicy {
    return cutoverPolicyOf(this.#settings, tunnel.path);
  }

  adopt(tunnel: OpenTunnel): void {
    tunnel.owner = this;
    this.#counters.tunnelsOpened++;
  }

  /** Unless somebody else takes them when their turn has come. */
  closeInWaves(tunnels: Iterable<OpenTunnel>): void {
    this.#pacer.add(tunnels);
  }

  takeTurns(turns: Iterable<Turn>): void {
    this.#pacer.add(turns);
  }

  dropTurns(turns: Iterable<Turn>): void {
    for (const turn of turns) this.#pacer.remove(turn);
  }

  /** Their upstream is in use again: those whose turn has not come stay, but for the ones it has lost. */
  keep(tunnels: Iterable<OpenTunnel>): void {
    for (const tunnel of tunnels) if (tunnel.isOpen) this.#pacer.remove(tunnel);
  }

  onUpstreamLost(tunnel: OpenTunnel): void {
    if (!this.#options.takesLost?.(tunnel)) this.#pacer.add([tunnel]);
  }

  onTunnelClosed(tunnel: OpenTunnel): void {
    this.#counters.tunnelsClosed++;
    if (tunnel.wasCut) this.#counters.cut++;
    this.#pacer.remove(tunnel);
    this.#options.onClosed(tunnel);
  }

  #reconnect(tunnel: OpenTunnel): void {
    tunnel.close(CloseCode.serviceRestart, REASON);
    // One that its upstream left inside a frame can only be cut.
    if (!tunnel.wasCut) this.#counters.reconnected++;
  }
}
