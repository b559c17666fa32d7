// SockJS with the libraries of both sides. A client tells who it is in its first message.
//
// The library never comes back by itself, so the rig does what stompjs and Meteor do: a new SockJS, 1 s after `onclose`.
// Measured (coming-back.test.ts): a Close 1012 is the library's `onclose` within a few milliseconds, with `wasClean`
// false and in Node the code 1002, and the client is back after 1.02 s, all but 20 ms of it the app's own pause. A frame
// `c[1012,"…"]` before it makes `wasClean` true, which apps take for a close that they have asked for.

import { createServer, type Connection } from "sockjs";
import SockJS from "sockjs-client";
import { startAppServer } from "./app-server.ts";
import { ClientBook, rigClient } from "./client-book.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient, RigServer, ServerOptions } from "./rig.ts";
import { rigServer, ServerBook } from "./server-book.ts";

const PREFIX = "/echo";
const BACK_AFTER_MS = 1_000;
const QUESTION = "?";

export const rig: Rig = { name: "sockjs", protocol: "auto", startServer, connect };

async function connect(url: string, { id, signal }: ConnectOptions = {}): Promise<RigClient> {
  const book = new ClientBook(id);
  const app = new ClientApp(`${url}${PREFIX}`, book);
  await orAborted(app.welcomed, signal);
  return rigClient(book, {
    send: (number) => app.send(String(number)),
    ask: (giveUp) => orAborted(app.ask(), giveUp),
    isConnected: () => app.isWelcome,
    close: () => app.close(),
  });
}

class ClientApp {
  readonly #url: string;
  readonly #book: ClientBook;
  readonly #welcome = Promise.withResolvers<void>();
  #answer = Promise.withResolvers<string>();
  #socket: WebSocket;
  #back: NodeJS.Timeout | null = null;
  #isOver = false;
  isWelcome = false;

  constructor(url: string, book: ClientBook) {
    this.#url = url;
    this.#book = book;
    this.#socket = this.#open();
  }

  get welcomed(): Promise<void> {
    return this.#welcome.promise;
  }

  send(message: string): void {
    this.#socket.send(message);
  }

  ask(): Promise<string> {
    this.#answer = Promise.withResolvers();
    this.send(QUESTION);
    return this.#answer.promise;
  }

  async close(): Promise<void> {
    if (this.#back !== null) clearTimeout(this.#back);
    this.#isOver = true;
    this.#socket.close();
  }

  #open(): WebSocket {
    const socket = new SockJS(this.#url);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ client: this.#book.id })));
    socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    socket.addEventListener("close", ({ code, reason, wasClean }) => {
      if (!this.#isOver) this.#lose(`close ${code} ${reason}, clean: ${wasClean}`);
    });
    return socket;
  }

  #take(message: string): void {
    if (message === this.#book.id) this.#enter();
    else if (message.startsWith(QUESTION)) this.#answer.resolve(message);
    else this.#book.take(Number(message));
  }

  #enter(): void {
    this.isWelcome = true;
    if (this.#book.disruptions.length > 0) this.#book.disrupted("back");
    this.#welcome.resolve();
  }

  #lose(how: string): void {
    this.isWelcome = false;
    this.#book.disrupted(how);
    this.#back = setTimeout(() => (this.#socket = this.#open()), BACK_AFTER_MS);
  }
}

async function startServer(options: ServerOptions): Promise<RigServer> {
  const book = new ServerBook(options.pushed);
  const connections = new Set<Connection>();
  const echo = createServer({ prefix: PREFIX, log: () => {} });
  echo.on("connection", (connection) => {
    connections.add(connection);
    book.opened();
    serve(connection, book);
    connection.once("close", () => {
      connections.delete(connection);
      book.closed();
    });
  });
  const app = await startAppServer({ ...options, attach: (http) => echo.installHandlers(http) });
  // The library has no end of its own; an app has this frame, `c[code,reason]`, or just ends.
  const leave = () => connections.forEach((connection) => connection.close());
  return rigServer({ version: options.version, book, app, leave });
}

function serve(connection: Connection, book: ServerBook): void {
  connection.once("data", (login: string) => {
    const { client }: { client: string } = JSON.parse(login);
    const link = {
      isOpen: () => connection.writable,
      send: (number: number) => void connection.write(String(number)),
    };
    book.join(client, link);
    connection.write(client);
    connection.on("data", (message: string) => {
      if (message === QUESTION) connection.write(`${QUESTION} ${client}`);
      else book.take(client, Number(message));
    });
    connection.once("close", () => book.leave(client, link));
  });
}
