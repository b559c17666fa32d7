import { newCounters } from "../../src/gateway/counters.ts";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { Mode, ServiceStatus, StatusAnswer, WaitedAnswer } from "../../src/admin/api-types.ts";
import { listen } from "./listen.ts";

export interface SeenRequest {
  call: string;
  body: unknown;
  ifMatch: string | undefined;
  authorization: string | undefined;
  lastEventId: string | undefined;
}

export type Handler = (response: ServerResponse, request: SeenRequest) => void | Promise<void>;

/** An admin listener that says what the test tells it to, and remembers what it was asked. */
export class FakeAdmin {
  readonly seen: SeenRequest[] = [];
  readonly #handlers = new Map<string, Handler>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async listenOnSocket(path: string): Promise<void> {
    await once(this.#server.listen(path), "listening");
  }

  /** Gives the port. */
  listenOnTcp(): Promise<number> {
    return listen(this.#server);
  }

  /** `call` is the method and the path with its query: `POST /admin/hold`. */
  on(call: string, handler: Handler): void {
    this.#handlers.set(call, handler);
  }

  answer(call: string, body: object): void {
    this.on(call, (response) => send(response, body));
  }

  /** What was asked, but for the looks at the status. */
  get writes(): SeenRequest[] {
    return this.seen.filter(({ call }) => call !== "GET /admin/status");
  }

  /** How often the status was asked for. */
  get looks(): number {
    return this.seen.length - this.writes.length;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { "if-match": ifMatch, authorization, "content-type": type } = request.headers;
    const lastEventId = request.headersDistinct["last-event-id"]?.[0];
    const call = `${request.method} ${request.url}`;
    const body = type === "application/json" ? await json(request) : undefined;
    const seen = { call, body, ifMatch, authorization, lastEventId };
    this.seen.push(seen);
    const handler = this.#handlers.get(call);
    if (handler) await handler(response, seen);
    else refuse(response, 404, "not_found", `the fake has no answer for ${call}`);
  }
}

export function send(response: ServerResponse, body: object): void {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify(body));
}

export function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  response.statusCode = status;
  response.setHeader("Content-Type", "application/problem+json");
  response.end(JSON.stringify({ type: "about:blank", title: "Refused", status, detail, code }));
}

export function serviceStatus(over: Partial<ServiceStatus> = {}): ServiceStatus {
  return {
    name: "chat",
    hosts: [],
    paths: ["/"],
    mode: { name: "open" },
    automaticHoldSince: null,
    slots: { active: "blue", candidate: null, previous: null },
    canary: null,
    upstreams: [
      {
        name: "blue",
        urls: ["http://127.0.0.1:3000"],
        addresses: [],
        slot: "active",
        health: { state: "healthy", checkedAt: 0, reason: null, version: "1.4.0" },
        inFlight: 3,
        tunnels: 40,
        connects: 0,
        drainingUntil: null,
      },
    ],
    held: 12,
    inFlight: 3,
    tunnels: 40,
    tunnelsBy: [{ policy: "reconnect", protocol: null, count: 40 }],
    parked: 0,
    releaseLimit: null,
    counters: newCounters(),
    ...over,
  };
}

export function statusAnswer(...services: ServiceStatus[]): StatusAnswer {
  return {
    holdgate: "0.1.0",
    version: 7,
    stateVersion: 7,
    listening: [{ host: "0.0.0.0", port: 8080 }],
    connections: 5,
    engineRefusals: {},
    startedAt: 0,
    config: { loadedAt: 0, lastError: null },
    process: { residentBytes: 1, heapBytes: 1, eventLoopDelay: { p50Ms: 0, p99Ms: 0, maxMs: 0 } },
    runners: 0,
    webhooks: [],
    services: (services.length === 0 ? [serviceStatus()] : services).map((service) => ({
      upgrade: null,
      announcement: null,
      window: null,
      ...service,
    })),
  };
}

export function writeAnswer(over: Partial<WaitedAnswer> = {}): WaitedAnswer {
  return { version: 8, changed: true, service: serviceStatus(), ...over };
}

/** A hold that began now and ends in five minutes. */
export function holdMode(): Mode {
  const since = Date.now();
  return { name: "hold", since, leaseEndsAt: since + 300_000, onLeaseEnd: "maintenance", maxWaitMs: 30_000 };
}
