// A small server of SignalR's published form: negotiation and WebSockets transport, hub protocol JSON version 1.
// https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/{TransportProtocols,HubProtocol}.md
//
//   POST /hub/negotiate         ──▶ {"connectionToken":…}, good for one WebSocket
//   GET  /hub?id=<token>        ──▶ 101, else 404
//   {"protocol":"json",…}␞      ──▶ {}␞
//   {"type":1,"target":…}␞       an invocation; with an `invocationId` its answer is {"type":3,…}␞
//   {"type":6}␞                  a ping, every 15 s from either side; the server gives up after 30 s without a word

import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { startAppServer } from "./app-server.ts";
import type { RigServer, ServerOptions } from "./rig.ts";
import { rigServer, ServerBook } from "./server-book.ts";

export const HUB = "/hub";
export const TOKEN = "let me in";

const SEPARATOR = "\x1e";
const NORMAL_CLOSURE = 1000;
const PING_MS = 15_000;
const SILENCE_MS = 30_000;
const INVOCATION = 1;
const COMPLETION = 3;
const PING = 6;
const CLOSE = 7;

interface HubMessage {
  readonly type?: number;
  readonly target?: string;
  readonly arguments?: readonly unknown[];
  readonly invocationId?: string;
}

export async function startServer(options: ServerOptions): Promise<RigServer> {
  const book = new ServerBook(options.pushed);
  const tokens = new Set<string>();
  const sockets = new WebSocketServer({ noServer: true });
  const app = await startAppServer({
    ...options,
    attach: (http) =>
      http.on("upgrade", (request, socket, head) => {
        const query = new URL(request.url ?? "/", "http://rig").searchParams;
        if (!tokens.delete(query.get("id") ?? "") || !isAuthorized(request)) return refuse(socket);
        sockets.handleUpgrade(request, socket, head, (opened) => {
          serve(new HubConnection(opened), query.get("client") ?? "", book);
        });
      }),
    answer: (request, response) => negotiate(request, response, tokens),
  });
  // As ASP.NET Core ends: a Close message that lets the client come back, then the socket.
  const leave = () =>
    sockets.clients.forEach((socket) => {
      socket.send(`{"type":${CLOSE},"allowReconnect":true}${SEPARATOR}`);
      socket.close(NORMAL_CLOSURE);
    });
  return rigServer({ version: options.version, book, app, leave });
}

function isAuthorized({ headers }: IncomingMessage): boolean {
  return headers.authorization === `Bearer ${TOKEN}`;
}

function refuse(socket: Duplex): void {
  socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

function negotiate(request: IncomingMessage, response: ServerResponse, tokens: Set<string>): boolean {
  if (request.method !== "POST" || !request.url?.startsWith(`${HUB}/negotiate`)) return false;
  if (!isAuthorized(request)) {
    response.writeHead(401).end();
    return true;
  }
  const connectionToken = randomUUID();
  tokens.add(connectionToken);
  const availableTransports = [{ transport: "WebSockets", transferFormats: ["Text", "Binary"] }];
  const answer = { negotiateVersion: 1, connectionId: randomUUID(), connectionToken, availableTransports };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  return true;
}

function serve(hub: HubConnection, clientId: string, book: ServerBook): void {
  const link = {
    isOpen: () => hub.isOpen,
    send: (number: number) => hub.send({ type: INVOCATION, target: "number", arguments: [number] }),
  };
  book.opened();
  hub.onOpen = () => book.join(clientId, link);
  hub.onInvocation = ({ target, arguments: [number] = [], invocationId }) => {
    if (target === "number") book.take(clientId, Number(number));
    if (invocationId !== undefined) hub.send({ type: COMPLETION, invocationId, result: clientId });
  };
  hub.onClose = () => {
    book.closed();
    book.leave(clientId, link);
  };
}

/** One WebSocket, as far as every hub has it. */
class HubConnection {
  readonly #socket: WebSocket;
  readonly #pings: NodeJS.Timeout;
  #silence: NodeJS.Timeout;
  #isOpened = false;
  onOpen = () => {};
  onInvocation: (message: HubMessage) => void = () => {};
  onClose = () => {};

  constructor(socket: WebSocket) {
    this.#socket = socket;
    this.#pings = setInterval(() => this.send({ type: PING }), PING_MS);
    this.#silence = setTimeout(() => socket.terminate(), SILENCE_MS);
    socket.on("message", (data) => this.#read(data));
    socket.on("error", () => {});
    socket.on("close", () => this.#end());
  }

  get isOpen(): boolean {
    return this.#isOpened && this.#socket.readyState === WebSocket.OPEN;
  }

  send(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message) + SEPARATOR);
  }

  #read(data: RawData): void {
    this.#silence.refresh();
    if (!Buffer.isBuffer(data)) throw new TypeError("ws gave something else than a Buffer");
    for (const text of data.toString().split(SEPARATOR).filter(Boolean)) this.#take(JSON.parse(text));
  }

  #take(message: HubMessage & { protocol?: string; version?: number }): void {
    if (!this.#isOpened) return this.#open(message.protocol);
    if (message.type === INVOCATION) this.onInvocation(message);
    if (message.type === CLOSE) this.#socket.close(NORMAL_CLOSURE);
  }

  #open(protocol: string | undefined): void {
    if (protocol !== "json") {
      this.send({ error: `The protocol '${protocol}' is not supported.` });
      return this.#socket.close(NORMAL_CLOSURE);
    }
    this.send({});
    this.#isOpened = true;
    this.onOpen();
  }

  #end(): void {
    clearInterval(this.#pings);
    clearTimeout(this.#silence);
    this.onClose();
  }
}
