// A small upstream behind nginx: it tells what it was sent, echoes WebSockets, and streams events on command.

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { WebSocketServer } from "ws";
import { listen } from "../support/listen.ts";

export class ChatUpstream {
  readonly port: number;
  /** Every request that arrived, as `PUT /cut`, in order. */
  readonly arrivals: string[] = [];
  readonly #close: () => Promise<void>;
  #stream: ServerResponse | undefined;

  static async start(): Promise<ChatUpstream> {
    const server = createServer();
    const sockets = new Set<Socket>();
    server.on("connection", (socket) => sockets.add(socket));
    const tunnels = new WebSocketServer({ server });
    tunnels.on("connection", (tunnel) =>
      tunnel.on("message", (data, isBinary) => tunnel.send(data, { binary: isBinary })),
    );
    const port = await listen(server);
    const upstream = new ChatUpstream(port, async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    });
    server.on("request", (request, response) => void upstream.#answer(request, response));
    return upstream;
  }

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  /** Sends one more event to whoever opened /events last. */
  sendEvent(data: string): void {
    this.#stream?.write(`data: ${data}\n\n`);
  }

  stop(): Promise<void> {
    return this.#close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "", headers } = request;
    this.arrivals.push(`${method} ${url}`);
    if (url === "/cut") {
      request.socket.destroy();
    } else if (url === "/unavailable") {
      response.writeHead(503, { "retry-after": "7" }).end("later");
    } else if (url === "/events") {
      this.#stream = response.writeHead(200, { "content-type": "text/event-stream" });
      this.sendEvent("first");
    } else {
      const seen = { method, url, headers, body: await text(request) };
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(seen));
    }
  }
}
