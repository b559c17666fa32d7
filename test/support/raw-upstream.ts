// An upstream on a raw socket: it shows the bytes that reached it, and answers with the bytes it is told to.

import { createServer, type Server } from "node:net";
import { onTestFinished } from "vitest";
import { Barrier } from "./barrier.ts";
import { readRequest } from "./http-message.ts";
import { listen } from "./listen.ts";
import { RawConnection } from "./raw-connection.ts";

/** A request that has come as a whole. */
export interface SeenRequest {
  method: string;
  target: string;
  /** Start line, header lines and the empty line, as they came. */
  head: string;
  /** As it was framed. */
  body: string;
  /** Without its framing. */
  data: string;
  connection: RawConnection;
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

export type Answer = string | ((request: SeenRequest) => void);

export class RawUpstream {
  readonly port: number;
  /** All that were ever made, in order. */
  readonly connections: RawConnection[] = [];
  /** Whole requests, over all connections, in the order of their ends. */
  readonly requests: SeenRequest[] = [];
  /** What each whole request is answered with. */
  answer: Answer;
  readonly #server: Server;
  readonly #barrier = new Barrier();

  private constructor(server: Server, port: number, answer: Answer) {
    this.#server = server;
    this.port = port;
    this.answer = answer;
    server.on("connection", (socket) => this.#adopt(new RawConnection(socket)));
  }

  /** Closed when the test is over. */
  static async start(answer: Answer = OK): Promise<RawUpstream> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    const upstream = new RawUpstream(server, await listen(server), answer);
    onTestFinished(() => upstream.close());
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** All bytes that have come, connection by connection. */
  get heard(): string {
    return this.connections.map((connection) => connection.heard).join("");
  }

  get targets(): string[] {
    return this.requests.map(({ target }) => target);
  }

  /** Waits until so many whole requests have come, and gives the last of them. */
  async sees(count: number): Promise<SeenRequest> {
    const seen = (): string => `saw ${JSON.stringify(this.targets)}, heard ${JSON.stringify(this.heard)}`;
    await this.#barrier.until(`request ${count}`, () => this.requests.length >= count, seen);
    return this.requests[count - 1] ?? never();
  }

  /** Waits until so many connections have been made, and gives the last of them. */
  async connected(count: number): Promise<RawConnection> {
    await this.#barrier.until(`connection ${count}`, () => this.connections.length >= count);
    return this.connections[count - 1] ?? never();
  }

  /** Listens no more and breaks all connections. */
  async close(): Promise<void> {
    this.#server.close();
    await Promise.all(this.connections.map((connection) => connection.destroy()));
  }

  #adopt(connection: RawConnection): void {
    this.connections.push(connection);
    let unread = "";
    connection.socket.on("data", (chunk: Buffer) => {
      unread += chunk.toString("latin1");
      for (let next = readRequest(unread); next; next = readRequest(unread)) {
        unread = unread.slice(next.end);
        const [method = "", target = ""] = next.startLine.split(" ");
        this.#take({ method, target, head: next.head, body: next.body, data: next.data, connection });
      }
    });
    this.#barrier.changed();
  }

  #take(request: SeenRequest): void {
    this.requests.push(request);
    if (typeof this.answer === "string") request.connection.send(this.answer);
    else this.answer(request);
    this.#barrier.changed();
  }
}

function never(): never {
  throw new Error("it was there a moment ago");
}
