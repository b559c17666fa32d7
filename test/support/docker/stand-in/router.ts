// ROLE=router: the nginx of a Swarm stack, which passes each path on to a service, WebSockets too. It looks a service up
// as `tasks.<name>`, once a second (`resolver … valid=1s`), and asks the next task where one cannot be reached: nothing
// has been sent then (`proxy_next_upstream error timeout`). Each request has a connection of its own.

import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { answer } from "./health.ts";
import type { Settings } from "./settings.ts";

interface Route {
  prefix: string;
  service: string;
  port: number;
  /** A path without it: `location /api/ { proxy_pass http://chat-api/; }` */
  strips: boolean;
}

const VALID_MS = 1_000;
const CONNECT_MS = 1_000;

export function createRouter({ routes }: Settings): Server {
  const table = routes.map(readRoute).toSorted((one, other) => other.prefix.length - one.prefix.length);
  const tasks = new Tasks();
  const server = createServer((incoming, response) => {
    passOn(incoming, response, table, tasks).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else answer(response, 502, { error: `Bad Gateway: ${String(error)}` });
    });
  });
  server.on("upgrade", (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    join(incoming, client, head, table, tasks).catch(() => client.destroy());
  });
  return server;
}

/** `/api/=cometchat_chat-api:8080/` strips the prefix, without the last slash it does not. */
function readRoute(text: string): Route {
  const [, prefix = "", service = "", port = "", slash] = /^(.+)=(.+):(\d+)(\/?)$/.exec(text) ?? [];
  return { prefix, service, port: Number(port), strips: slash === "/" };
}

async function passOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  table: readonly Route[],
  tasks: Tasks,
): Promise<void> {
  const route = table.find(({ prefix }) => incoming.url?.startsWith(prefix));
  if (route === undefined) return answer(response, 404, { error: `no location for ${incoming.url}` });
  const socket = await tasks.connect(route);
  const { connection: _, ...headers } = incoming.headers;
  const path = pathFor(route, incoming);
  const { method } = incoming;
  const outgoing = request({ method, path, headers, createConnection: () => socket });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on("response", resolve).on("error", reject);
  const [reply] = await Promise.all([promise, pipeline(incoming, outgoing)]);
  const { connection: __, "keep-alive": ___, ...replied } = reply.headers;
  response.writeHead(reply.statusCode ?? 502, replied);
  await pipeline(reply, response);
}

/** Two connections become one: whichever ends, ends the other. */
async function join(
  incoming: IncomingMessage,
  client: Duplex,
  head: Buffer,
  table: readonly Route[],
  tasks: Tasks,
): Promise<void> {
  client.on("error", () => {});
  const route = table.find(({ prefix }) => incoming.url?.startsWith(prefix));
  if (route === undefined) return void client.end("HTTP/1.1 404 Not Found\r\n\r\n");
  const socket = await tasks.connect(route);
  const names = incoming.rawHeaders.filter((_, index) => index % 2 === 0);
  const lines = names.map((name, index) => `${name}: ${incoming.rawHeaders[2 * index + 1]}\r\n`);
  socket.write(`GET ${pathFor(route, incoming)} HTTP/1.1\r\n${lines.join("")}\r\n`);
  socket.write(head);
  socket.on("close", () => client.destroy());
  client.on("close", () => socket.destroy());
  client.pipe(socket).pipe(client);
}

function pathFor({ prefix, strips }: Route, { url = "/" }: IncomingMessage): string {
  return strips ? `/${url.slice(prefix.length)}` : url;
}

/** Of all services, as they were looked up at most a second ago. */
class Tasks {
  readonly #known = new Map<string, { at: number; addresses: Promise<string[]> }>();
  #turn = 0;

  /** To a task of the service; the next one where one cannot be reached, each once. */
  async connect({ service, port }: Route): Promise<Socket> {
    const addresses = await this.#addressesOf(service);
    this.#turn += 1;
    let failure = new Error(`${service} has no tasks`);
    for (let index = 0; index < addresses.length; index += 1) {
      const host = addresses[(this.#turn + index) % addresses.length] ?? "";
      try {
        return await connectTo(host, port);
      } catch (error) {
        failure = new Error(`no task of ${service} could be reached`, { cause: error });
      }
    }
    throw failure;
  }

  #addressesOf(service: string): Promise<string[]> {
    const known = this.#known.get(service);
    if (known !== undefined && performance.now() - known.at < VALID_MS) return known.addresses;
    // While nobody can say, what was known is as good as anything.
    const addresses = lookUp(service).catch(() => known?.addresses ?? []);
    this.#known.set(service, { at: performance.now(), addresses });
    return addresses;
  }
}

async function lookUp(service: string): Promise<string[]> {
  const found = await lookup(`tasks.${service}`, { all: true, family: 4 });
  return found.map(({ address }) => address);
}

function connectTo(host: string, port: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port });
  const tooLate = setTimeout(() => socket.destroy(new Error(`${host} does not answer`)), CONNECT_MS);
  socket.once("connect", () => {
    clearTimeout(tooLate);
    socket.setNoDelay(true);
    resolve(socket);
  });
  socket.on("error", (error) => {
    clearTimeout(tooLate);
    reject(error);
  });
  return promise;
}
