// Stands before a rig's server and lets a protocol's module ask the client to come back, with no gateway around it: what
// the client's library makes of it shows alone.

import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { Conversation, Farewell, Message, Protocol } from "../../../src/splice/protocol.ts";
import { listen } from "../../support/listen.ts";

export interface FarewellRelay {
  readonly url: string;
  /** To every client that is here, in its protocol's own way unless another is given. */
  farewell(instead?: Farewell): void;
  close(): void;
}

export async function startFarewellRelay(target: string, protocol: Protocol): Promise<FarewellRelay> {
  const server = createServer((incoming, response) => pass(target, incoming, response));
  const tunnels = new Set<Tunnel>();
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
    sockets.handleUpgrade(incoming, socket, head, (client) => {
      const tunnel = openTunnel(target, incoming, client, protocol);
      tunnels.add(tunnel);
      client.on("close", () => tunnels.delete(tunnel));
    }),
  );
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    farewell: (instead) => tunnels.forEach((tunnel) => sayFarewell(tunnel, instead)),
    close() {
      for (const { client } of tunnels) client.terminate();
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Tunnel {
  readonly client: WebSocket;
  readonly upstream: WebSocket;
  readonly conversation: Conversation;
}

function openTunnel(
  target: string,
  { url = "/", headers }: IncomingMessage,
  client: WebSocket,
  protocol: Protocol,
): Tunnel {
  const { authorization } = headers;
  const upstream = new WebSocket(target.replace(/^http/u, "ws") + url, client.protocol || [], {
    headers: authorization === undefined ? {} : { authorization },
  });
  const { pathname, searchParams } = new URL(url, target);
  const handshake = { path: pathname, query: searchParams, subprotocol: client.protocol || null };
  const conversation = protocol.start(handshake);
  const opened = new Promise((resolve) => upstream.once("open", resolve));
  client.on("message", (data: Buffer, isBinary) => {
    conversation.onClientMessage({ data, isBinary });
    void opened.then(() => upstream.send(data, { binary: isBinary }));
  });
  upstream.on("message", (data: Buffer, isBinary) => {
    conversation.onUpstreamMessage({ data, isBinary });
    send(client, { data, isBinary });
  });
  client.on("close", () => upstream.close());
  upstream.on("close", () => client.close());
  return { client, upstream, conversation };
}

function sayFarewell({ client, conversation }: Tunnel, instead?: Farewell): void {
  const { messages, code, reason } = instead ?? conversation.farewell();
  for (const message of messages) send(client, message);
  client.close(code, reason);
}

function send(socket: WebSocket, { data, isBinary }: Message): void {
  socket.send(data, { binary: isBinary });
}

function pass(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, headers, url = "/" } = incoming;
  const passed = request(target + url, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  passed.on("error", () => response.destroy());
  incoming.pipe(passed);
}
