// node:http with its strict parser, as the measure of what a request is: it tells which whole requests it
// took from each connection, and whether it refused the rest.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { listen } from "./listen.ts";

export interface TakenRequest {
  method: string;
  target: string;
  data: string;
}

export class NodeHttpServer {
  readonly port: number;
  /** Whole requests since the last `forget`. */
  taken: TakenRequest[] = [];
  /** Codes of the parser's errors since the last `forget`. */
  refused: string[] = [];

  private constructor(server: Server, port: number) {
    this.port = port;
    const take = (request: IncomingMessage, response: ServerResponse): void => this.#take(request, response);
    server.on("request", take).on("checkExpectation", take);
    server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
      // Others tell of the connection, not of its bytes.
      if (error.code?.startsWith("HPE_")) this.refused.push(error.code);
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    });
  }

  /** Closed when the test is over. */
  static async start(): Promise<NodeHttpServer> {
    const server = createServer({ maxHeaderSize: 65_536 });
    onTestFinished(() => server.close().closeAllConnections());
    return new NodeHttpServer(server, await listen(server));
  }

  forget(): void {
    this.taken = [];
    this.refused = [];
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    let data = "";
    request.on("data", (chunk: Buffer) => {
      data += chunk.toString("latin1");
    });
    request.on("error", () => {});
    request.on("end", () => {
      this.taken.push({ method: request.method ?? "", target: request.url ?? "", data });
      response.end("ok");
    });
  }
}
