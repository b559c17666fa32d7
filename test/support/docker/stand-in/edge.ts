// ROLE=proxy: the web server in front of makechat. Its own page at `/`, all else from the backend, whose address is
// looked up once at the start, as nginx does: a backend that comes back with another address is not found again.

import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { answer } from "./health.ts";
import type { Settings } from "./settings.ts";

export async function createEdge(settings: Settings): Promise<Server> {
  const [name = "", port = "80"] = settings.backend.split(":");
  const { address } = await lookup(name, 4);
  return createServer((incoming, response) => {
    if (incoming.url === "/") {
      response.writeHead(200, { "Content-Type": "text/html" });
      response.end(`<!doctype html><title>edge</title><p>VERSION ${settings.reportedVersion}\n`);
      return;
    }
    passOn(incoming, response, address, Number(port)).catch(() => {
      if (response.headersSent) response.destroy();
      else answer(response, 502, { error: "Bad Gateway" });
    });
  });
}

async function passOn(
  incoming: IncomingMessage,
  response: ServerResponse,
  host: string,
  port: number,
): Promise<void> {
  const { method, url: path, headers } = incoming;
  const outgoing = request({ host, port, method, path, headers, agent: false });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  outgoing.on("response", resolve).on("error", reject);
  const [reply] = await Promise.all([promise, pipeline(incoming, outgoing)]);
  response.writeHead(reply.statusCode ?? 502, reply.headers);
  await pipeline(reply, response);
}
