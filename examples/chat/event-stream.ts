// New messages as server-sent events. The id of an event is the id of its message, so that a
// browser that comes back with Last-Event-ID misses nothing, whichever version it comes back to.

import type { ServerResponse } from "node:http";
import type { ChatApp, Exchange } from "./chat-app.ts";
import type { Message } from "./message-store.ts";
import { parseCount } from "./parse-input.ts";

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 1_000;
// A reader slower than this is cut; it comes back with Last-Event-ID and goes on where it was.
const UNREAD_LIMIT_BYTES = 4 * 1024 * 1024;

export function streamEvents({ request, response, query, room }: Exchange, app: ChatApp): void {
  const afterId = lastEventId(request.headers["last-event-id"]) ?? parseCount(query, "after", null);
  app.counters.streams++;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write(`retry: ${RETRY_MS}\n\n`);
  const stopFollowing = app.feed.follow(room, afterId, (message) => send(response, message));
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT_MS);
  const end = () => response.end();
  app.closing.addEventListener("abort", end);
  if (app.closing.aborted) end();
  response.once("close", () => {
    stopFollowing();
    clearInterval(heartbeat);
    app.closing.removeEventListener("abort", end);
  });
}

function send(response: ServerResponse, message: Message): void {
  response.write(`id: ${message.id}\ndata: ${JSON.stringify(message)}\n\n`);
  if (response.writableLength > UNREAD_LIMIT_BYTES) response.destroy();
}

function lastEventId(header: string | string[] | undefined): number | undefined {
  return typeof header === "string" && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}
