// The face of the policy layer: takes snapshots from control, hands requests to their services, and tells
// what it does. It decides; the engine below moves the bytes.

import type { BlockList } from "node:net";
import type { ServiceSettings, SocketAddress } from "../config/settings.ts";
import type { Clock } from "../lib/clock.ts";
import { GatewayError } from "../lib/gateway-error.ts";
import { networkList } from "../lib/networks.ts";
import { Engine } from "../proxy/engine.ts";
import type { ClientSettings } from "../proxy/engine-options.ts";
import type { Exchange } from "../proxy/exchange.ts";
import type { Outcome, RequestHandler } from "../proxy/exchange-owner.ts";
import type { RequestHead } from "../proxy/request-head.ts";
import type { BypassKeySource } from "./bypass/bypass.ts";
import { answerBypass, BYPASS_PATH } from "./bypass/bypass-answers.ts";
import type { GatewayEvent, GatewayPort, GatewayStatus, UpgradeProgress } from "./gateway-port.ts";
import { ASSETS_PATH } from "./maintenance/assets.ts";
import { unknownAssetAnswer, unknownHostAnswer } from "./maintenance/gateway-error-answer.ts";
import { askingPath, healthAnswer, publicStatus, publicStatusAnswer } from "./maintenance/public-status.ts";
import { NOTICE_PATH, noticeScriptAnswer } from "./maintenance/notice-script.ts";
import { negotiateLanguage } from "./maintenance/negotiate.ts";
import { RequestIdentity, type RequestIdentityOptions } from "./request-identity.ts";
import { RouteTable } from "./route-table.ts";
import { Service } from "./service.ts";
import type { GatewaySnapshot } from "./snapshot.ts";

export interface GatewayOptions {
  clock: Clock;
  /** Whether X-Request-Id and traceparent are made for requests without; neither when left out. */
  identity?: RequestIdentityOptions;
  /** CIDRs. */
  trustedProxies: string[];
  onEvent: (event: GatewayEvent) => void;
  /** Told of each settled exchange, for the access log. */
  onSettled?: (exchange: Exchange, service: string, outcome: Outcome) => void;
  /** For links that lead past maintenance; without it none does. */
  bypassKeys?: BypassKeySource;
}

const NO_KEYS: BypassKeySource = { keyOf: () => undefined };

const OWN_PATHS = "/.holdgate/";

export class Gateway implements GatewayPort, RequestHandler {
  readonly engine: Engine;
  readonly #options: GatewayOptions;
  readonly #identity: RequestIdentity;
  readonly #trustedProxies: BlockList;
  readonly #services = new Map<string, Service>();
  /** Gone from the configuration; they still may have something in flight, or tunnels. */
  readonly #removed = new Set<Service>();
  readonly #refusals: Record<string, number> = {};
  readonly #listening: SocketAddress[] = [];
  // By service, and apart from it: a reload that replaces a service must not silence them.
  readonly #progress = new Map<string, UpgradeProgress>();
  #routes = new RouteTable<Service>([]);
  #version = 0;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#identity = new RequestIdentity(options.identity ?? { requestIds: false, tracing: false });
    this.#trustedProxies = networkList(options.trustedProxies);
    this.engine = new Engine({
      clock: options.clock,
      settings: clientSettings([], this.#trustedProxies),
      handler: this,
    });
  }

  apply(snapshot: GatewaySnapshot): void {
    this.#version = snapshot.version;
    const { clock, onEvent, onSettled, bypassKeys = NO_KEYS } = this.#options;
    const { sweep } = this.engine;
    for (const service of this.#removed) if (service.isEmpty) this.#removed.delete(service);
    const names = new Set(snapshot.services.map(({ name }) => name));
    for (const [name, service] of this.#services) {
      if (names.has(name)) continue;
      this.#services.delete(name);
      service.retire();
      this.#removed.add(service);
    }
    for (const own of snapshot.services) {
      const service = this.#services.get(own.name);
      if (service) service.apply(own);
      else
        this.#services.set(
          own.name,
          new Service({ snapshot: own, clock, sweep, onEvent, onSettled, bypassKeys }),
        );
    }
    this.#routes = new RouteTable(
      [...this.#services.values()].map((service) => ({ service, ...service.context.settings })),
    );
    this.engine.configure(
      clientSettings(
        snapshot.services.map(({ settings }) => settings),
        this.#trustedProxies,
      ),
    );
  }

  /** Throws `listen_failed` with what to do. */
  async listen(addresses: SocketAddress[]): Promise<void> {
    for (const address of addresses) {
      try {
        this.#listening.push(await this.engine.listen(address));
      } catch (error) {
        throw listenFailed(address, error);
      }
    }
  }

  /** Maintenance pages and their assets may have been changed, though the settings have not. */
  rereadPages(): void {
    for (const { context } of this.#services.values()) context.answers.reread();
  }

  status(): GatewayStatus {
    return {
      version: this.#version,
      listening: [...this.#listening],
      connections: this.engine.connections,
      engineRefusals: { ...this.#refusals },
      services: [...this.#services.values()].map((service) => service.status()),
    };
  }

  service(name: string): Service | undefined {
    return this.#services.get(name);
  }

  setProgress(service: string, progress: UpgradeProgress | null): void {
    if (progress === null) this.#progress.delete(service);
    else this.#progress.set(service, progress);
  }

  onRequest(exchange: Exchange): void {
    this.#identity.mark(exchange);
    const { head } = exchange;
    if (head.target.startsWith(OWN_PATHS)) return this.#answerOwn(exchange);
    const match = this.#routes.find(head.headers.host, head.path);
    if (match) match.service.onRequest(exchange, match.test);
    else exchange.answer(unknownHostAnswer(head.headers.host));
  }

  /** Whether a request is for a service, or for the gateway itself. */
  isResponsible({ headers, path, target }: RequestHead): boolean {
    return target.startsWith(OWN_PATHS) || this.#routes.find(headers.host, path) !== undefined;
  }

  /** The name of the service; empty where none is responsible. */
  serviceOf({ headers, path }: RequestHead): string {
    return this.#routes.find(headers.host, path)?.service.name ?? "";
  }

  onRefused(reason: string): void {
    this.#refusals[reason] = (this.#refusals[reason] ?? 0) + 1;
  }

  /**
   * Ends orderly: nothing new is accepted, what is held is told to come back, tunnels are closed in waves,
   * and what is in flight may finish. Resolves when nothing is left; `destroy` cuts what is.
   */
  async close(): Promise<void> {
    const ended = this.engine.close();
    this.#listening.length = 0;
    for (const service of this.#all()) {
      service.closeStreams();
      service.retire();
    }
    await ended;
    await Promise.all(this.#all().map((service) => service.whenTunnelsGone()));
  }

  /** Cuts everything and leaves no timer behind, also when it was never closed. */
  destroy(): void {
    this.engine.destroy();
    this.#listening.length = 0;
    for (const service of this.#all()) {
      service.destroy();
      service.retire();
    }
  }

  #all(): Service[] {
    return [...this.#services.values(), ...this.#removed];
  }

  #answerOwn(exchange: Exchange): void {
    const { head } = exchange;
    if (head.path === "/.holdgate/health") return exchange.answer(healthAnswer());
    if (head.path === NOTICE_PATH) return exchange.answer(noticeScriptAnswer(head.header("if-none-match")));
    if (head.path === BYPASS_PATH) return this.#answerBypass(exchange);
    if (head.path.startsWith(ASSETS_PATH)) return this.#answerAsset(exchange);
    const service = this.#routes.find(head.headers.host, askingPath(head.target))?.service;
    if (head.path !== "/.holdgate/status" || !service) {
      return exchange.answer(unknownHostAnswer(head.headers.host));
    }
    const status = publicStatus({
      mode: service.context.mode,
      automaticHold: service.holding.automatic !== "none",
      retryAfterMs: service.context.settings.maintenance.retryAfterMs,
      progress: this.#progress.get(service.name) ?? null,
      notice: service.context.notice,
      language: negotiateLanguage(head.header("accept-language")),
    });
    exchange.answer(publicStatusAnswer(status));
  }

  /** Of several services that share a host, the first that has the file. */
  #answerAsset(exchange: Exchange): void {
    const { host } = exchange.head.headers;
    for (const service of this.#services.values()) {
      const isHere = service.context.settings.paths.some(
        (path) => this.#routes.find(host, path)?.service === service,
      );
      if (isHere && service.context.answers.asset(exchange)) return;
    }
    exchange.answer(unknownAssetAnswer());
  }

  #answerBypass(exchange: Exchange): void {
    const { host } = exchange.head.headers;
    const { clock, bypassKeys = NO_KEYS } = this.#options;
    answerBypass(exchange, {
      keys: bypassKeys,
      now: clock.wall(),
      homeOf: (name) => {
        const paths = this.#services.get(name)?.context.settings.paths ?? [];
        return paths.find((path) => this.#routes.find(host, path)?.service.name === name) ?? null;
      },
    });
  }
}

// A connection is accepted before its service is known: it gets the widest bounds of all services.
function clientSettings(services: ServiceSettings[], trustedProxies: BlockList): ClientSettings {
  const widest = (pick: (settings: ServiceSettings) => number): number => Math.max(0, ...services.map(pick));
  return {
    limits: {
      requestLineBytes: widest(({ limits }) => limits.requestLineBytes),
      headBytes: widest(({ limits }) => limits.headBytes),
      headers: widest(({ limits }) => limits.headers),
    },
    timeouts: {
      headMs: widest(({ timeouts }) => timeouts.headMs),
      idleMs: widest(({ timeouts }) => timeouts.idleMs),
      bodyStallMs: widest(({ timeouts }) => timeouts.bodyStallMs),
    },
    replayBodyBytes: widest(({ limits }) => limits.replayBodyBytes),
    trustedProxies,
  };
}

function listenFailed(address: SocketAddress, error: unknown): GatewayError {
  const where = "path" in address ? address.path : `${address.host}:${address.port}`;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const remedy = LISTEN_REMEDIES[code] ?? "see the cause";
  const reason = error instanceof Error ? error.message : String(error);
  return new GatewayError("listen_failed", `cannot listen on ${where} (${reason}); ${remedy}`, {
    cause: error,
  });
}

const LISTEN_REMEDIES: Record<string, string> = {
  EADDRINUSE: "another program listens there: stop it, or choose another address under `listen`",
  EACCES: "ports below 1024 need privileges: choose a higher one under `listen`, or grant the right",
  EADDRNOTAVAIL: "this machine has no such address: correct `listen`",
};
