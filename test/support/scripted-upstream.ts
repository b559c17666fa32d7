// An upstream inside the test's process that answers when and what the test tells it to, counts what is in
// flight, and can die as a killed process does.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { Barrier } from "./barrier.ts";
import { listen } from "./listen.ts";

export interface ScriptedUpstreamOptions {
  /** Does something with each request at once; without it, each waits for the test. */
  onArrival?: (arrival: Arrival) => void;
}

/** Gone when the test is over. */
export async function startScriptedUpstream(
  options: ScriptedUpstreamOptions = {},
): Promise<ScriptedUpstream> {
  const upstream = new ScriptedUpstream(options);
  onTestFinished(() => upstream.kill());
  await upstream.listen();
  return upstream;
}

export class ScriptedUpstream {
  port = 0;
  /** Requests and handshakes in the order in which their heads came; probes of the gateway do not count. */
  readonly arrivals: Arrival[] = [];
  /** How often a probe of the gateway came. */
  probes = 0;
  /** What a probe is told. */
  healthy = true;
  /** Connections made so far, those of probes included. */
  connections = 0;
  inFlight = 0;
  mostInFlight = 0;
  readonly #onArrival: (arrival: Arrival) => void;
  readonly #sockets = new Set<Socket>();
  readonly #barrier = new Barrier();
  #server: Server | null = null;

  constructor({ onArrival = () => {} }: ScriptedUpstreamOptions) {
    this.#onArrival = onArrival;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Of the requests that came so far, in order. */
  get targets(): string[] {
    return this.arrivals.map(({ target }) => target);
  }

  /** At first on any free port, later on the same one again. */
  async listen(): Promise<void> {
    const server = createServer((request, response) => this.#take(request, response));
    server.on("upgrade", (request, socket) => this.#takeHandshake(request, socket));
    server.on("connection", (socket) => {
      this.connections++;
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        this.#sockets.delete(socket);
        this.#barrier.changed();
      });
    });
    this.#server = server;
    this.port = await listen(server, this.port);
  }

  /** Resolves with all that came, when they are that many. */
  async arrived(count: number): Promise<Arrival[]> {
    const seen = () => `saw ${JSON.stringify(this.targets)}`;
    await this.#barrier.until(`${count} requests`, () => this.arrivals.length >= count, seen);
    return this.arrivals;
  }

  /** Waits until no connection stands. */
  async left(): Promise<void> {
    await this.#barrier.until("the end of all connections", () => this.#sockets.size === 0);
  }

  /** The first that came for this target. */
  async arrivalOf(target: string): Promise<Arrival> {
    const find = () => this.arrivals.find((arrival) => arrival.target === target);
    const seen = () => `saw ${JSON.stringify(this.targets)}`;
    await this.#barrier.until(target, () => find() !== undefined, seen);
    const found = find();
    if (!found) throw new Error("it was there a moment ago");
    return found;
  }

  /** As by SIGKILL: nobody listens any more, and every connection ends. Twice is harmless. */
  async kill(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = once(server, "close");
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Ends every connection in this very moment, and listens on. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    if (request.headers["user-agent"] === "holdgate-probe") {
      this.probes++;
      response.writeHead(this.healthy ? 200 : 503).end();
      return;
    }
    this.inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    response.once("close", () => this.inFlight--);
    this.#arrive(new Arrival(request, response));
  }

  #takeHandshake(request: IncomingMessage, socket: Duplex): void {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.on("end", () => socket.end());
    this.#arrive(new Arrival(request, null));
  }

  #arrive(arrival: Arrival): void {
    this.arrivals.push(arrival);
    this.#onArrival(arrival);
    this.#barrier.changed();
  }
}

export class Arrival {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingMessage["headers"];
  readonly #request: IncomingMessage;
  /** Null: a handshake, which has been answered. */
  readonly #response: ServerResponse | null;

  constructor(request: IncomingMessage, response: ServerResponse | null) {
    this.method = request.method ?? "";
    this.target = request.url ?? "";
    this.headers = request.headers;
    this.#request = request;
    this.#response = response;
  }

  /** Resolves when all of it has come. */
  body(): Promise<string> {
    return text(this.#request);
  }

  setHeader(name: string, value: string): void {
    this.#response?.setHeader(name, value);
  }

  answer(status = 200, body = "ok"): void {
    this.#response?.writeHead(status, { "content-type": "text/plain" }).end(body);
  }

  /** The head of an answer whose body comes piece by piece. */
  begin(contentType = "text/plain"): void {
    this.#response?.writeHead(200, { "content-type": contentType }).flushHeaders();
  }

  write(piece: string): void {
    this.#response?.write(piece);
  }

  end(): void {
    this.#response?.end();
  }

  /** Breaks its connection. */
  cut(): void {
    this.#request.socket.destroy();
  }

  /** Resolves when its connection or its exchange has ended. */
  async ended(): Promise<void> {
    if (this.#response && !this.#response.closed) await once(this.#response, "close");
  }
}
