// Which handler answers which request, and how a failure becomes an answer.

import type { IncomingMessage, ServerResponse } from "node:http";
import { answerJson } from "./answer-json.ts";
import type { ChatApp, Exchange } from "./chat-app.ts";
import { streamEvents } from "./event-stream.ts";
import { pollMessages } from "./long-poll.ts";
import { getHealth, getMessages, getRooms, getStats, postMessage, putTopic } from "./messages-api.ts";
import { parseRoom } from "./parse-input.ts";
import { RequestError } from "./request-error.ts";
import { servePage } from "./serve-page.ts";

interface Route {
  methods: readonly string[];
  /** Its only group, if it has one, is the room. */
  path: RegExp;
  handle: (exchange: Exchange, app: ChatApp) => void | Promise<void>;
}

const READ = ["GET", "HEAD"] as const;

const ROUTES: readonly Route[] = [
  { methods: READ, path: /^\/$/, handle: servePage },
  { methods: READ, path: /^\/api\/health$/, handle: getHealth },
  { methods: READ, path: /^\/api\/stats$/, handle: getStats },
  { methods: READ, path: /^\/api\/rooms$/, handle: getRooms },
  { methods: READ, path: /^\/api\/rooms\/([^/]+)\/messages$/, handle: getMessages },
  { methods: ["POST"], path: /^\/api\/rooms\/([^/]+)\/messages$/, handle: postMessage },
  { methods: ["PUT"], path: /^\/api\/rooms\/([^/]+)\/topic$/, handle: putTopic },
  { methods: ["GET"], path: /^\/api\/rooms\/([^/]+)\/events$/, handle: streamEvents },
  { methods: ["GET"], path: /^\/api\/rooms\/([^/]+)\/poll$/, handle: pollMessages },
];

/** Answers every request; never rejects. */
export async function route(app: ChatApp, request: IncomingMessage, response: ServerResponse): Promise<void> {
  app.counters.requests++;
  try {
    await dispatch(app, request, response);
  } catch (error) {
    answerError(response, error);
  }
}

async function dispatch(app: ChatApp, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = URL.parse(request.url ?? "", "http://chat");
  const found = ROUTES.filter(({ path }) => path.test(url?.pathname ?? ""));
  if (!url || found.length === 0) throw new RequestError(404, "there is nothing here");
  const matching = found.find(({ methods }) => methods.includes(request.method ?? ""));
  if (!matching) return answerMethodNotAllowed(response, found);
  const segment = matching.path.exec(url.pathname)?.[1];
  const room = segment === undefined ? "" : parseRoom(segment);
  await matching.handle({ request, response, query: url.searchParams, room }, app);
}

function answerMethodNotAllowed(response: ServerResponse, found: readonly Route[]): void {
  const allow = found.flatMap(({ methods }) => methods).join(", ");
  answerJson(response, 405, { error: `the methods here are ${allow}` }, { allow });
}

function answerError(response: ServerResponse, error: unknown): void {
  if (response.destroyed) return; // The client left: there is nobody to tell.
  if (!(error instanceof RequestError)) console.error(error);
  if (response.headersSent) return void response.destroy();
  const status = error instanceof RequestError ? error.status : 500;
  const message = error instanceof RequestError ? error.message : "something went wrong";
  // The rest of a body that is too large is not read, so this connection cannot carry another request.
  answerJson(response, status, { error: message }, status === 413 ? { connection: "close" } : {});
}
