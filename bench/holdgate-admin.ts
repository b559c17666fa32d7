// The few admin calls the benchmark makes, over the unix socket, which needs no token.

import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";

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
    const status: { services: { held: number }[] } = JSON.parse(await this.#call("GET", "/admin/status"));
    return status.services.reduce((sum, service) => sum + service.held, 0);
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
