// A named upstream: its addresses, their idle connections, and the register of what is in flight there.

import type { ClientConnection } from "./client-connection.ts";
import type { Dial, DialHandler } from "./dial.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import type { UpstreamTimeouts } from "./engine-options.ts";
import type { Exchange } from "./exchange.ts";
import type { ClaimedAddress } from "./exchange-ends.ts";
import type { OpenTunnel } from "./tunnel-opener.ts";
import { TunnelRegister } from "./tunnel-register.ts";
import { UpstreamAddress } from "./upstream-address.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export interface UpstreamOptions {
  name: string;
  /** `http://host:port` or `unix:/path`, one or more. */
  urls: string[];
  timeouts: UpstreamTimeouts;
  sweep: DeadlineSweep;
}

export class Upstream {
  readonly name: string;
  readonly urls: string[];
  /** Where it stands among its owner's; noted on each request that is sent to it. */
  slot = "";
  /** Everything that has been claimed and has not settled. */
  readonly exchanges = new Set<Exchange>();
  readonly #tunnels = new TunnelRegister();
  readonly addresses: readonly UpstreamAddress[];
  /** Where the search for the least loaded begins: those that are equal take turns. */
  #turn = 0;

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.urls = options.urls;
    const { name, timeouts, sweep } = options;
    const tunnels = this.#tunnels;
    this.addresses = options.urls.map((url) => new UpstreamAddress({ name, url, timeouts, sweep, tunnels }));
  }

  /** Those that are open. */
  get tunnels(): Set<OpenTunnel> {
    return this.#tunnels.open;
  }

  /** Connections that were begun, for requests and for tunnels. */
  get connects(): number {
    return this.addresses.reduce((sum, { connects }) => sum + connects, 0);
  }

  set timeouts(timeouts: UpstreamTimeouts) {
    for (const address of this.addresses) address.timeouts = timeouts;
  }

  /** Whether some address is not known to refuse connections just now. */
  get hasReachableAddress(): boolean {
    return this.addresses.some((address) => address.reachable);
  }

  /** Claims and sends, in one synchronous step. Called by ClientConnection.carry only. */
  send(exchange: Exchange, client: ClientConnection): UpstreamConnection {
    return this.#claimed(exchange).send(exchange, client);
  }

  /** Claims for somebody who moves the bytes by himself; he too leaves nothing between the choice and this call. */
  claim(exchange: Exchange): ClaimedAddress {
    const address = this.#claimed(exchange);
    address.claim();
    return address;
  }

  /** Opens a WebSocket; `request` is the whole handshake. */
  dial(request: string, handler: DialHandler): Dial {
    return this.#leastLoaded().dial(request, handler);
  }

  /** For a tunnel that was opened elsewhere. */
  get register(): TunnelRegister {
    return this.#tunnels;
  }

  /** The exchange is no longer in flight here. Harmless when it was not. */
  release(exchange: Exchange): void {
    this.exchanges.delete(exchange);
  }

  /** Resolves when the tunnels that were closed have said goodbye, or were cut at their deadline. */
  whenTunnelsLeft(): Promise<void> {
    return this.#tunnels.whenLeft();
  }

  /** Breaks all tunnels, also those that are just saying goodbye. */
  destroyTunnels(): void {
    this.#tunnels.destroy();
  }

  /** Closes the connections that have no work; what is in flight goes on. */
  closeIdle(): void {
    for (const address of this.addresses) address.closeIdle();
  }

  #claimed(exchange: Exchange): UpstreamAddress {
    this.exchanges.add(exchange);
    const bound = exchange.binding?.address ?? null;
    const address = bound !== null && this.addresses.includes(bound) ? bound : this.#leastLoaded();
    exchange.address = address;
    return address;
  }

  #leastLoaded(): UpstreamAddress {
    const { addresses } = this;
    const first = addresses[this.#turn % addresses.length];
    if (!first) throw new TypeError(`upstream ${this.name} has no address`);
    if (addresses.length === 1) return first;
    this.#turn++;
    let best: UpstreamAddress = first;
    for (let step = 0; step < addresses.length - 1; step++) {
      const address = addresses[(this.#turn + step) % addresses.length];
      if (address && address.load < best.load) best = address;
    }
    return best;
  }
}
