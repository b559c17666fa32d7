// The message queue of Utilitarian, over HTTP in place of AMQP. What is put in stays until whoever has taken it says
// that it is dealt with.
//
//   POST /readings   201
//   GET /readings    200 with the first, 204 when there is none
//   DELETE /readings 204, and the first is gone

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

const queues = new Map<string, string[]>();

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = "/" } = request;
  const queue = queues.get(url) ?? [];
  queues.set(url, queue);
  if (method === "POST") queue.push(await text(request));
  if (method === "DELETE") queue.shift();
  const first = method === "GET" ? queue[0] : undefined;
  response.writeHead(method === "POST" ? 201 : first === undefined ? 204 : 200).end(first);
}

createServer((request, response) => {
  serve(request, response).catch(() => response.destroy());
}).listen(5672);
process.on("SIGTERM", () => process.exit(0));
