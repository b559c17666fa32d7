// The few admin calls the benchmark makes, over the unix socket, which needs no token.

import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

/** As the benchmark's configurations have it. */
export const SERVICE = "chat";

export interface MoveCounters {
  spliced: number;
  /** By the reason. */
  givenUp: Readonly<Record<string, number>>;
  /** Moves by how long the client had no upstream; the bounds are GAP_BOUNDS_MS. */
  gaps: readonly number[];
  /** Of all moves together. */
  gapMs: number;
}

interface Status<T> {
  services: T[];
}

export class HoldgateAdmin {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  async hold(): Promise<void> {
    await this.#call("POST", "/admin/hold", "{}");
  }

  async release(): Promise<void> {
    await this.#call("POST", "/admin/release", "{}");
  }

  /** Requests that are held just now. */
  async held(): Promise<number> {
    const status: Status<{ held: number }> = JSON.parse(await this.#call("GET", "/admin/status"));
    return status.services.reduce((sum, service) => sum + service.held, 0);
  }

  /** `url` need not have an app that is well. */
  async putUpstream(name: string, url: string): Promise<void> {
    await this.#call("PUT", `/admin/services/${SERVICE}/upstreams/${name}`, JSON.stringify({ url }));
  }

  async cutover(to: string): Promise<void> {
    await this.#call("POST", `/admin/services/${SERVICE}/cutover`, JSON.stringify({ to, force: true }));
  }

  /** What has become of tunnels that were to be moved, since the start. */
  async moves(): Promise<MoveCounters> {
    const status: Status<{ counters: MoveCounters }> = JSON.parse(await this.#call("GET", "/admin/status"));
    const [service] = status.services;
    if (service === undefined) throw new Error("GET /admin/status knows no service");
    return service.counters;
  }

  async #call(method: string, path: string, body?: string): Promise<string> {
    const headers =
      body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
    const outgoing = request({ socketPath: this.#socketPath, method, path, headers, agent: false });
    outgoing.end(body);
    const [answer]: IncomingMessage[] = await once(outgoing, "response");
    if (answer === undefined) throw new Error(`${method} ${path}: no answer`);
    const said = await text(answer);
    if (answer.statusCode !== 200)
      throw new Error(`${method} ${path} was answered with ${answer.statusCode}: ${said}`);
    return said;
  }
}
