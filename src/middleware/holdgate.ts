// `holdgate/middleware`: the gateway inside a Node server that is somebody's edge already. It admits (holds, refuses,
// routes) with the same configuration, state, admin API and command line; the bytes of requests are moved by the host's
// own proxy, those of WebSockets by the gateway's engine.

import type { Agent, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { MiddlewareHandler } from "hono";
import type { Logger } from "pino";
import { loadSettings } from "../load-settings.ts";
import { openProcessLog } from "../process-log.ts";
import { RunningGateway } from "../run-gateway.ts";
import { Gate } from "./gate.ts";
import { type HoldgateEnv, honoMiddleware } from "./hono-middleware.ts";

export type { Admitted, ProxyTarget } from "./admitted.ts";
export type { HoldgateEnv } from "./hono-middleware.ts";

export interface HoldgateOptions {
  /** The file of the configuration; `config/holdgate.yaml` when left out. Its `listen` means nothing here. */
  config?: string;
  /** A pino logger; lines of JSON on standard output when left out. */
  log?: Logger;
}

/** A middleware as Connect and Express take it. */
export type ConnectMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Starts the gateway's control plane: its state, health probes and admin listener. Throws, as a GatewayError, what
 * keeps it from starting: a configuration that is refused, a directory that another gateway has.
 */
export async function holdgate({
  config = "config/holdgate.yaml",
  log,
}: HoldgateOptions = {}): Promise<Holdgate> {
  const settings = await loadSettings(config);
  return new Holdgate(await RunningGateway.start(config, settings, log ?? openProcessLog(), "guest"));
}

export class Holdgate {
  readonly #running: RunningGateway;
  readonly #gate: Gate;
  #closed: Promise<void> | null = null;

  constructor(running: RunningGateway) {
    this.#running = running;
    this.#gate = new Gate(running.gateway);
  }

  /** For Connect and Express: `req.holdgate` says where an admitted request goes. */
  connect(): ConnectMiddleware {
    const gate = this.#gate;
    return function holdgate(req, res, next) {
      gate.admit(req, res, { onAdmitted: () => next(), onForeign: () => next() });
    };
  }

  /** For Hono on Node: `c.get("holdgate")` says where an admitted request goes. */
  hono(): MiddlewareHandler<HoldgateEnv> {
    return honoMiddleware(this.#gate);
  }

  /**
   * For `shouldUpgradeCallback` of createServer: what offers another protocol (curl's h2c) stays an ordinary request,
   * as it is where nobody listens for `upgrade`. Without it, such a client is told 426.
   */
  readonly shouldUpgrade = ({ method, headers }: IncomingMessage): boolean =>
    method === "GET" && headers.upgrade?.toLowerCase() === "websocket";

  /** For `server.on("upgrade", …)`: WebSockets are held, refused, carried, and moved or sent away at a cutover. */
  readonly upgrade = (req: IncomingMessage, socket: Duplex, head: Buffer): void => {
    this.#gate.takeOver(req, socket, head);
  };

  /** For the host's proxy: requests go by the connection by which their upstream was found to be there. */
  get agent(): Agent {
    return this.#gate.ready.agent;
  }

  /**
   * For `on.error` of http-proxy-middleware: a request that its upstream left without an answer gets 502 or 504, as the
   * gateway gives them. Other proxies ask `failed` and answer by themselves when it says false.
   */
  readonly onProxyError = (error: Error, req: IncomingMessage): void => {
    this.#gate.fail(req, error);
  };

  /** Tells of a proxy's failure. False: it is too late for an answer, or no request of ours. */
  failed(req: IncomingMessage, error: unknown): boolean {
    return this.#gate.fail(req, error);
  }

  /** Where the admin API is reached; the unix socket first. */
  get adminAddresses(): readonly ({ host: string; port: number } | { path: string })[] {
    return this.#running.adminAddresses;
  }

  /**
   * Ends orderly, within `shutdown.grace`: what is held is told to come back, WebSockets are closed in waves, what is in
   * flight may finish. Close the server first, so that nothing new comes. Twice is harmless.
   */
  close(): Promise<void> {
    this.#closed ??= this.#running.stop();
    return this.#closed;
  }
}
