// A named upstream: its addresses, their idle connections, and the register of what is in flight there.

import type { NetConnectOpts } from "node:net";
import { Dial, type DialFailure, type DialHandler } from "./dial.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import type { UpstreamTimeouts } from "./engine-options.ts";
import type { Exchange } from "./exchange.ts";
import type { OpenTunnel } from "./tunnel-opener.ts";
import { TunnelRegister } from "./tunnel-register.ts";
import { type ConnectionPool, UpstreamConnection } from "./upstream-connection.ts";

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
  /** Everything that has been claimed and has not settled. */
  readonly exchanges = new Set<Exchange>();
  readonly #tunnels = new TunnelRegister();
  readonly #addresses: UpstreamAddress[];

  constructor(options: UpstreamOptions) {
    this.name = options.name;
    this.urls = options.urls;
    this.#addresses = options.urls.map((url) => new UpstreamAddress(url, options, this.#tunnels));
  }

  /** Those that are open. */
  get tunnels(): Set<OpenTunnel> {
    return this.#tunnels.open;
  }

  set timeouts(timeouts: UpstreamTimeouts) {
    for (const address of this.#addresses) address.timeouts = timeouts;
  }

  /** Whether some address is not known to refuse connections just now. */
  get hasReachableAddress(): boolean {
    return this.#addresses.some((address) => !address.ejected);
  }

  /** Claims and sends, in one synchronous step. Called by Exchange.forward only. */
  send(exchange: Exchange): UpstreamConnection {
    this.exchanges.add(exchange);
    return this.#leastLoaded().send(exchange);
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
    for (const address of this.#addresses) address.closeIdle();
  }

  #leastLoaded(): UpstreamAddress {
    let [best] = this.#addresses;
    if (!best) throw new TypeError(`upstream ${this.name} has no address`);
    if (this.#addresses.length === 1) return best;
    for (const address of this.#addresses) if (address.load < best.load) best = address;
    return best;
  }
}

const EJECTION_MS = 2000;
const EJECTED_LOAD = 1e12;

class UpstreamAddress implements ConnectionPool {
  readonly name: string;
  timeouts: UpstreamTimeouts;
  readonly sweep: DeadlineSweep;
  readonly tunnels: TunnelRegister;
  /** Connections that have an exchange or are being made. */
  busy = 0;
  /** When a connection last could not be made; monotonic milliseconds. */
  failedAt = -Infinity;

  readonly #url: string;
  readonly #target: NetConnectOpts;
  // Last in, first out: the connection used last is the one least likely to have gone stale.
  readonly #idle: UpstreamConnection[] = [];

  constructor(url: string, options: UpstreamOptions, tunnels: TunnelRegister) {
    this.name = options.name;
    this.timeouts = options.timeouts;
    this.sweep = options.sweep;
    this.#url = url;
    this.#target = connectTarget(url);
    this.tunnels = tunnels;
  }

  /** What the choice between several addresses goes by; those that just failed come last, and take turns. */
  get load(): number {
    return this.ejected ? EJECTED_LOAD + this.failedAt : this.busy;
  }

  get ejected(): boolean {
    return this.sweep.now() - this.failedAt < EJECTION_MS;
  }

  send(exchange: Exchange): UpstreamConnection {
    this.busy++;
    const idle = this.#idle.pop();
    if (!idle) return this.#connect(exchange);
    idle.send(exchange);
    return idle;
  }

  dial(request: string, handler: DialHandler): Dial {
    this.busy++;
    const { name, timeouts, sweep } = this;
    const onOver = (failure: DialFailure | null): void => {
      this.busy--;
      if (failure?.kind === "connect") this.onConnectFailed();
    };
    const target = this.#target;
    return new Dial({ name, timeouts, sweep, target, address: this.#shownAddress, request, handler, onOver });
  }

  onIdle(connection: UpstreamConnection): void {
    this.busy--;
    this.#idle.push(connection);
  }

  onGone(connection: UpstreamConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    else this.busy--;
  }

  onStale(exchange: Exchange): void {
    // What closed this one may have closed its idle neighbours: a fresh connection settles it.
    this.busy++;
    exchange.reconnect(this.#connect(exchange));
  }

  onConnectFailed(): void {
    this.failedAt = this.sweep.now();
  }

  closeIdle(): void {
    for (const connection of this.#idle.slice()) connection.destroy();
  }

  #connect(exchange: Exchange): UpstreamConnection {
    return new UpstreamConnection(this, this.#target, this.#shownAddress, exchange);
  }

  get #shownAddress(): string {
    return this.#url.replace(/^http:\/\//, "");
  }
}

function connectTarget(url: string): NetConnectOpts {
  if (url.startsWith("unix:")) return { path: url.slice("unix:".length), allowHalfOpen: true };
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  // Names are resolved at every connect: a container that comes back has another address.
  return { host, port: Number(port || 80), allowHalfOpen: true };
}
