// The HTTP server under a rig's protocol: it listens on 127.0.0.1 and knows every socket, so that it can be killed.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { listen } from "../../support/listen.ts";

export interface AppServer {
  readonly http: Server;
  readonly port: number;
  readonly url: string;
  /** No new connections; resolves when the last one has ended. */
  close(): Promise<void>;
  /** Every socket is destroyed at once. */
  kill(): void;
}

export interface AppServerOptions {
  readonly version: string;
  readonly port?: number;
  /** Puts the protocol on the server, before it listens. */
  readonly attach: (http: Server) => void;
  /** A request that is the protocol's own; false: it is not. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function startAppServer({
  version,
  port = 0,
  attach,
  answer = () => false,
}: AppServerOptions): Promise<AppServer> {
  const http = createServer((request, response) => {
    if (!answer(request, response)) response.end(version);
  });
  const sockets = watchSockets(http);
  attach(http);
  const bound = await listen(http, port);
  const kill = () => {
    http.close();
    for (const socket of sockets) socket.destroy();
  };
  return { http, port: bound, url: `http://127.0.0.1:${bound}`, close: () => close(http), kill };
}

function watchSockets(http: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  http.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

function close(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeIdleConnections();
  });
}
