// A WebSocket app as most are: a `ws` server that sends back what it is told.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { listen } from "./listen.ts";

export interface EchoUpstreamOptions {
  port?: number;
  /** The first message of each tunnel; none when left out. */
  greeting?: string;
  perMessageDeflate?: boolean;
  /** The subprotocol to choose, when a client offers it. */
  subprotocol?: string;
  /** Refuses a handshake with this status, as an app does that knows no such user. */
  refuse?: (request: IncomingMessage) => number | null;
}

export interface EchoUpstream {
  port: number;
  url: string;
  /** Its ends of all tunnels that were ever opened, in order. */
  tunnels: WebSocket[];
  /** What each closed tunnel ended with: the code of the Close, 1006 when there was none. */
  closeCodes: number[];
  close(): Promise<void>;
}

export async function startEchoUpstream(options: EchoUpstreamOptions = {}): Promise<EchoUpstream> {
  const { subprotocol, perMessageDeflate = false } = options;
  const tunnels: WebSocket[] = [];
  const closeCodes: number[] = [];
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: perMessageDeflate && { threshold: 0 },
    maxPayload: 64 * 1024 * 1024,
    handleProtocols: (offered) =>
      subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : false,
  });
  sockets.on("connection", (tunnel) => {
    tunnels.push(tunnel);
    tunnel.on("error", () => {});
    tunnel.on("close", (code) => closeCodes.push(code));
    tunnel.on("message", (data, isBinary) => tunnel.send(data, { binary: isBinary }));
    if (options.greeting !== undefined) tunnel.send(options.greeting);
  });
  const server = createServer((_request, response) => response.end("ok"));
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => {});
    const status = options.refuse?.(request) ?? null;
    if (status !== null) {
      return void socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 7\r\nX-App: yes\r\n\r\nrefused`);
    }
    sockets.handleUpgrade(request, socket, head, (tunnel) => sockets.emit("connection", tunnel, request));
  });
  const port = await listen(server, options.port);
  return { port, url: `http://127.0.0.1:${port}`, tunnels, closeCodes, close: () => end(server, tunnels) };
}

async function end(server: Server, tunnels: WebSocket[]): Promise<void> {
  for (const tunnel of tunnels) tunnel.terminate();
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
