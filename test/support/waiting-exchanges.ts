import type { Exchange } from "../../src/proxy/exchange.ts";
import { type KeepAliveClient, openClient } from "./keep-alive-client.ts";
import { type StartEngineOptions, type StartedEngine, startEngine } from "./start-engine.ts";

export interface WaitingExchange {
  exchange: Exchange;
  client: KeepAliveClient;
}

/** Real requests of real clients, each on a connection of its own, that wait for what the test does with them. */
export class WaitingExchanges {
  readonly started: StartedEngine;

  private constructor(started: StartedEngine) {
    this.started = started;
    started.owner.upstream = null;
  }

  static async open(options: Partial<StartEngineOptions> = {}): Promise<WaitingExchanges> {
    return new WaitingExchanges(await startEngine({ urls: ["http://127.0.0.1:1"], ...options }));
  }

  async next(method = "GET", target = "/", body?: string): Promise<WaitingExchange> {
    const { owner, port } = this.started;
    const { length } = owner.exchanges;
    const client = await openClient(port);
    client.ask(method, target, body === undefined ? {} : { body });
    await owner.until(`request ${length + 1}`, () => owner.exchanges.length > length);
    const exchange = owner.exchanges[length];
    if (!exchange) throw new Error("the engine took no request");
    return { exchange, client };
  }

  async some(count: number): Promise<Exchange[]> {
    const exchanges: Exchange[] = [];
    while (exchanges.length < count) exchanges.push((await this.next()).exchange);
    return exchanges;
  }
}
