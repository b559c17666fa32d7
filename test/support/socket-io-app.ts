// A Socket.IO app as its users write it: the library's server, which says who it is, takes what clients say, and writes
// down what its engine refuses (`Session ID unknown` is one of these).

import { createServer } from "node:http";
import { Server, type ServerOptions } from "socket.io";
import { onTestFinished } from "vitest";
import { listen } from "./listen.ts";

export interface SocketIoApp {
  name: string;
  url: string;
  port: number;
  /** Messages of each client that came here. */
  said: Map<string, Set<number>>;
  /** What the engine refused, in its own words. */
  refused: string[];
  /** Sessions that are open here. */
  readonly sessions: number;
  /** Sessions ever. */
  readonly opened: number;
  stop(): Promise<void>;
}

/** Closed when the test is over. */
export async function startSocketIoApp(
  name: string,
  options: Partial<ServerOptions> = {},
  port = 0,
): Promise<SocketIoApp> {
  const http = createServer((_, response) => response.end(name));
  const io = new Server(http, { serveClient: false, ...options });
  const said = new Map<string, Set<number>>();
  const refused: string[] = [];
  let opened = 0;
  io.engine.on("connection_error", ({ message, req }: { message: string; req: { url: string } }) =>
    refused.push(`${message}: ${req.url}`),
  );
  io.on("connection", (socket) => {
    opened++;
    const client = String(socket.handshake.auth["client"]);
    const heard = said.get(client) ?? new Set();
    said.set(client, heard);
    socket.on("say", (number: number, reply: (name: string) => void) => {
      heard.add(number);
      reply(name);
    });
  });
  const bound = port === 0 ? await listen(http) : await listenAt(http, port);
  let stopped: Promise<void> | null = null;
  const stop = (): Promise<void> => (stopped ??= io.close());
  onTestFinished(stop);
  return {
    name,
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    said,
    refused,
    get sessions() {
      return io.engine.clientsCount;
    },
    get opened() {
      return opened;
    },
    stop,
  };
}

function listenAt(http: ReturnType<typeof createServer>, port: number): Promise<number> {
  return new Promise((resolve) => http.listen(port, "127.0.0.1", () => resolve(port)));
}
