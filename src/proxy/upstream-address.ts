// One address of an upstream: its idle connections, how busy it is, and whether it is passed over for a while.

import type { NetConnectOpts } from "node:net";
import type { ClientConnection } from "./client-connection.ts";
import { Dial, type DialFailure, type DialHandler } from "./dial.ts";
import type { DeadlineSweep } from "./deadline-sweep.ts";
import { Ejection } from "./ejection.ts";
import type { UpstreamTimeouts } from "./engine-options.ts";
import type { Exchange } from "./exchange.ts";
import type { ClaimedAddress } from "./exchange-ends.ts";
import type { TunnelRegister } from "./tunnel-register.ts";
import { type ConnectionPool, UpstreamConnection } from "./upstream-connection.ts";

export interface UpstreamAddressOptions {
  /** The upstream's. */
  name: string;
  url: string;
  timeouts: UpstreamTimeouts;
  sweep: DeadlineSweep;
  tunnels: TunnelRegister;
}

const EJECTED_LOAD = 1e12;

export class UpstreamAddress implements ConnectionPool, ClaimedAddress {
  /** Connections that were begun. */
  connects = 0;
  readonly name: string;
  readonly url: string;
  timeouts: UpstreamTimeouts;
  readonly sweep: DeadlineSweep;
  readonly tunnels: TunnelRegister;
  /** Connections that have an exchange or are being made. */
  busy = 0;
  /**
   * Which process answers there, as far as is known: another number than before means that the one before is gone, with
   * all that it kept in its memory.
   */
  incarnation = 0;

  readonly #ejection = new Ejection();
  readonly target: NetConnectOpts;
  // Last in, first out: the connection used last is the one least likely to have gone stale.
  readonly #idle: UpstreamConnection[] = [];

  constructor({ name, url, timeouts, sweep, tunnels }: UpstreamAddressOptions) {
    this.name = name;
    this.url = url;
    this.timeouts = timeouts;
    this.sweep = sweep;
    this.tunnels = tunnels;
    this.target = connectTarget(url);
  }

  /** What the choice between several addresses goes by; those that just failed come last, and take turns. */
  get load(): number {
    return this.ejected ? EJECTED_LOAD + this.#ejection.since : this.busy;
  }

  get ejected(): boolean {
    return this.#ejection.isEjected(this.sweep.now());
  }

  /** It is not known to refuse connections just now. */
  get reachable(): boolean {
    return !this.#ejection.isUnreachable(this.sweep.now());
  }

  send(exchange: Exchange, client: ClientConnection): UpstreamConnection {
    this.busy++;
    const idle = this.#idle.pop();
    if (!idle) return this.#connect(exchange, client);
    idle.send(exchange, client);
    return idle;
  }

  claim(): void {
    this.busy++;
  }

  release(): void {
    this.busy--;
  }

  dial(request: string, handler: DialHandler): Dial {
    this.busy++;
    const { name, timeouts, sweep } = this;
    const onOver = (failure: DialFailure | null): void => {
      this.busy--;
      if (failure?.kind === "connect") this.onConnectFailed(failure.nobodyThere);
    };
    const { target } = this;
    this.connects++;
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

  onStale(exchange: Exchange, client: ClientConnection): void {
    // What closed this one may have closed its idle neighbours: a fresh connection settles it.
    this.busy++;
    exchange.reconnect(this.#connect(exchange, client));
  }

  onConnectFailed(nobodyThere: boolean): void {
    this.#ejection.onConnectFailed(this.sweep.now());
    if (nobodyThere) this.onReplaced();
  }

  onLost(): void {
    this.#ejection.onLost(this.sweep.now());
  }

  onAnswered(): void {
    this.#ejection.onAnswered();
  }

  /** A probe has been answered there. */
  onProbed(): void {
    this.#ejection.onConnected();
  }

  /** Whoever answered there until now is gone. */
  onReplaced(): void {
    this.incarnation++;
  }

  closeIdle(): void {
    for (const connection of this.#idle.slice()) connection.destroy();
  }

  #connect(exchange: Exchange, client: ClientConnection): UpstreamConnection {
    this.connects++;
    return new UpstreamConnection(this, this.target, this.#shownAddress, exchange, client);
  }

  get #shownAddress(): string {
    return this.url.replace(/^http:\/\//, "");
  }
}

function connectTarget(url: string): NetConnectOpts {
  if (url.startsWith("unix:")) return { path: url.slice("unix:".length), allowHalfOpen: true };
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  // Names are resolved at every connect: a container that comes back has another address.
  return { host, port: Number(port || 80), allowHalfOpen: true };
}
