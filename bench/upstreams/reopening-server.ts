// Program: an upstream that goes away and comes back on command, and notes when. Argument: port.
// Going away closes the listener and cuts all connections, as the end of a process does.

import { createServer, type Socket } from "node:net";
import { monotonicMs } from "../process/monotonic-ms.ts";
import type { Reopening, ReopeningCommand } from "./reopening-protocol.ts";

const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
const HEAD_END = "\r\n\r\n";
/** What the benchmark sends; health checks ask for something else. */
const MEASURED = "GET /held";

const port = Number(process.argv[2]);
const sockets = new Set<Socket>();
let openedAtMs = 0;
let firstRequestAtMs: number | null = null;

const server = createServer((socket) => {
  sockets.add(socket);
  let text = "";
  socket.setNoDelay(true).on("error", () => undefined);
  socket.on("close", () => sockets.delete(socket));
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (let end = text.indexOf(HEAD_END); end >= 0; end = text.indexOf(HEAD_END)) {
      if (text.startsWith(MEASURED)) firstRequestAtMs ??= monotonicMs();
      text = text.slice(end + HEAD_END.length);
      socket.write(ANSWER);
    }
  });
});

function open(): void {
  firstRequestAtMs = null;
  // Before listen and not after it: the time measured must rather be too long than too short.
  openedAtMs = monotonicMs();
  server.listen({ port, host: "127.0.0.1", backlog: 4096 }, reply);
}

function close(): void {
  for (const socket of sockets) socket.destroy();
  server.close(reply);
}

function reply(): void {
  const reopening: Reopening = { openedAtMs, firstRequestAtMs };
  process.send?.(reopening);
}

const commands: Record<ReopeningCommand, () => void> = { open, close, report: reply };
process.on("message", (command: ReopeningCommand) => commands[command]());
process.on("disconnect", () => process.exit());
