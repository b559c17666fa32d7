// Program: http-proxy-middleware in a bare node:http server. Arguments: own port, upstream's port.

import { Agent, createServer } from "node:http";
import { createProxyMiddleware } from "http-proxy-middleware";

const [port, upstreamPort] = process.argv.slice(2).map(Number);

const proxy = createProxyMiddleware({
  target: `http://127.0.0.1:${upstreamPort}`,
  agent: new Agent({ keepAlive: true, maxFreeSockets: 256 }),
  ws: true,
  xfwd: true,
});
const server = createServer((request, response) => void proxy(request, response));
server.on("upgrade", proxy.upgrade);
server.listen({ port, host: "127.0.0.1", backlog: 4096 });
