// The engine alone, on real sockets: one upstream, and an owner that forwards whatever comes.

import { BlockList } from "node:net";
import { onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { Engine } from "../../src/proxy/engine.ts";
import {
  type ClientTimeouts,
  DEFAULT_CLIENT_TIMEOUTS,
  DEFAULT_LIMITS,
  DEFAULT_UPSTREAM_TIMEOUTS,
  type UpstreamTimeouts,
} from "../../src/proxy/engine-options.ts";
import type { Exchange } from "../../src/proxy/exchange.ts";
import type {
  ExchangeOwner,
  Outcome,
  RequestHandler,
  UpstreamFailure,
} from "../../src/proxy/exchange-owner.ts";
import type { Tunnel } from "../../src/proxy/tunnel.ts";
import type { UpstreamAddress } from "../../src/proxy/upstream-address.ts";
import { Upstream } from "../../src/proxy/upstream.ts";
import { Barrier } from "./barrier.ts";

export interface StartEngineOptions {
  /** Of the one upstream. */
  urls: string[];
  clock?: Clock;
  /** Addresses whose forwarding headers are believed. */
  trusted?: string[];
  clientTimeouts?: Partial<ClientTimeouts>;
  upstreamTimeouts?: Partial<UpstreamTimeouts>;
  replayBodyBytes?: number;
}

/** Forwards every request; a failed one is sent again when `resend` says so, else answered with 502 or 504. */
export class ForwardingOwner implements RequestHandler, ExchangeOwner {
  readonly refusals: string[] = [];
  readonly exchanges: Exchange[] = [];
  readonly failures: UpstreamFailure[] = [];
  readonly outcomes: Outcome[] = [];
  readonly tunnels: Tunnel[] = [];
  upstream: Upstream | null = null;
  bodyLimitBytes = Infinity;
  /** The address that all requests are bound to. */
  bind: (() => UpstreamAddress | null) | null = null;
  resend: (failure: UpstreamFailure) => boolean = () => false;
  readonly #barrier = new Barrier();

  onRequest(exchange: Exchange): void {
    exchange.owner = this;
    exchange.bodyLimitBytes = this.bodyLimitBytes;
    if (this.bind) exchange.binding = { address: this.bind(), listens: false };
    this.exchanges.push(exchange);
    this.#forward(exchange);
    this.#barrier.changed();
  }

  onRefused(reason: string): void {
    this.refusals.push(reason);
    this.#barrier.changed();
  }

  onAnswer(): void {
    this.#barrier.changed();
  }

  onUpstreamFailure(exchange: Exchange, failure: UpstreamFailure): void {
    this.failures.push(failure);
    if (this.resend(failure)) this.#forward(exchange);
    else exchange.answer({ status: failure.kind === "timeout" ? 504 : 502, headers: {}, body: failure.kind });
    this.#barrier.changed();
  }

  onSettled(_: Exchange, outcome: Outcome): void {
    this.outcomes.push(outcome);
    this.#barrier.changed();
  }

  onTunnelOpened(tunnel: Tunnel): void {
    this.tunnels.push(tunnel);
    this.#barrier.changed();
  }

  /** Waits for what the engine tells its owner. */
  until(what: string, condition: () => boolean): Promise<void> {
    const seen = (): string => JSON.stringify({ refusals: this.refusals, outcomes: this.outcomes });
    return this.#barrier.until(what, condition, seen);
  }

  #forward(exchange: Exchange): void {
    if (this.upstream) exchange.forward(this.upstream);
  }
}

export interface StartedEngine {
  port: number;
  engine: Engine;
  upstream: Upstream;
  owner: ForwardingOwner;
  addUpstream: (urls: string[]) => Upstream;
}

/** Destroyed when the test is over. */
export async function startEngine(options: StartEngineOptions): Promise<StartedEngine> {
  const trustedProxies = new BlockList();
  for (const address of options.trusted ?? []) trustedProxies.addAddress(address);
  const owner = new ForwardingOwner();
  const engine = new Engine({
    clock: options.clock ?? systemClock,
    handler: owner,
    settings: {
      limits: DEFAULT_LIMITS,
      timeouts: { ...DEFAULT_CLIENT_TIMEOUTS, ...options.clientTimeouts },
      trustedProxies,
      replayBodyBytes: options.replayBodyBytes ?? 65_536,
    },
  });
  const timeouts = { ...DEFAULT_UPSTREAM_TIMEOUTS, ...options.upstreamTimeouts };
  const upstreams: Upstream[] = [];
  const addUpstream = (urls: string[]): Upstream => {
    const upstream = new Upstream({ name: "blue", urls, timeouts, sweep: engine.sweep });
    upstreams.push(upstream);
    return upstream;
  };
  const upstream = addUpstream(options.urls);
  owner.upstream = upstream;
  const bound = await engine.listen({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    engine.destroy();
    for (const { tunnels } of upstreams) for (const tunnel of tunnels) tunnel.destroy();
    for (const each of upstreams) each.closeIdle();
  });
  return { port: "port" in bound ? bound.port : 0, engine, upstream, owner, addUpstream };
}
