// ROLE=web: messages, health and WebSockets.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname } from "node:os";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { answer, answerHealth } from "./health.ts";
import { allMessages, keepMessage } from "./messages.ts";
import { schemaOnDisk } from "./schema.ts";
import type { Settings } from "./settings.ts";
import { acceptTunnels } from "./web-socket.ts";

/** Messages, since the start. */
let storedHere = 0;

export function createWeb(settings: Settings): Server {
  const server = createServer((request, response) => {
    serve(settings, request, response).catch((error: unknown) => {
      answer(response, 500, { error: String(error) });
    });
  });
  acceptTunnels(server, settings);
  return server;
}

async function serve(settings: Settings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in");
  response.setHeader("X-Version", settings.version);
  if (!isForUs(settings, request)) return answer(response, 400, { error: "DisallowedHost" });
  if (!isLoggedIn(settings, request)) return answer(response, 401, { error: "authentication required" });
  if (pathname === settings.healthPath) return answerHealth(settings, response);
  // For requests that are in flight when something happens.
  await sleep(Number(searchParams.get("wait") ?? 0));
  if (pathname === "/messages") return serveMessages(settings, request, response);
  if (pathname === "/version") {
    return answer(response, 200, { version: settings.reportedVersion, host: hostname() });
  }
  if (pathname === "/") {
    response.writeHead(200, { "Content-Type": "text/html" });
    return void response.end(
      `<!doctype html><title>stand-in</title><p>VERSION ${settings.reportedVersion}\n`,
    );
  }
  answer(response, 404, { error: `nothing at ${pathname}` });
}

/** Django looks at the Host of every request. */
function isForUs({ healthShape, allowedHosts }: Settings, { headers }: IncomingMessage): boolean {
  if (healthShape !== "django") return true;
  return allowedHosts.includes((headers.host ?? "").replace(/:\d+$/, ""));
}

/** makechat shows nothing to those it does not know. */
function isLoggedIn({ healthShape, token }: Settings, { headers }: IncomingMessage): boolean {
  return healthShape !== "makechat" || headers["x-auth-token"] === token;
}

async function serveMessages(
  settings: Settings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (schemaOnDisk(settings) < settings.schemaVersion) {
    return answer(response, 500, { error: "column messages.colour does not exist" });
  }
  if (storedHere >= settings.failAfter) return answer(response, 500, { error: "the pool is exhausted" });
  if (request.method === "GET") return answer(response, 200, await allMessages(settings));
  const posted: unknown = await json(request);
  if (typeof posted !== "object" || posted === null || !("id" in posted)) {
    return answer(response, 400, { error: "a message is an object with an id" });
  }
  await keepMessage(settings, posted);
  storedHere += 1;
  answer(response, 201, { id: posted.id, version: settings.version });
}
