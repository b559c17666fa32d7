// Program: a small app that writes down each POST before it answers, so that what was done twice is known even
// after a SIGKILL. Arguments: port, file for the keys. WebSockets are echoed.

import { appendFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { KEY_HEADER } from "../load/key-header.ts";

/** Long enough for some requests to be in flight at any moment. */
const THINKING_MS = 10;

const [port, keysFile = ""] = process.argv.slice(2);

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    if (request.method === "POST") appendFileSync(keysFile, `${String(request.headers[KEY_HEADER])}\n`);
    setTimeout(() => response.end("ok\n"), THINKING_MS);
  });
});
const tunnels = new WebSocketServer({ server, perMessageDeflate: false });
tunnels.on("connection", (tunnel) => tunnel.on("message", (data, binary) => tunnel.send(data, { binary })));
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });
