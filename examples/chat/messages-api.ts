// The plain request-and-answer part of the API: rooms, messages, topics, health, counts.

import { answerJson } from "./answer-json.ts";
import type { ChatApp, Exchange } from "./chat-app.ts";
import type { Message, NewMessage } from "./message-store.ts";
import { parseCount, parseMessage, parseTopic } from "./parse-input.ts";
import { readJsonBody } from "./read-json-body.ts";

const LIST_LIMIT = 10_000;

export function getRooms({ response }: Exchange, { store }: ChatApp): void {
  answerJson(response, 200, store.rooms());
}

/** `?after=ID` those after a message, up to `limit`; `?last=N` the newest. */
export function getMessages({ response, query, room }: Exchange, { store }: ChatApp): void {
  const last = parseCount(query, "last", null);
  const limit = Math.min(parseCount(query, "limit", LIST_LIMIT), LIST_LIMIT);
  const messages =
    last === null
      ? store.inRoomAfter(room, parseCount(query, "after", 0), limit)
      : store.lastInRoom(room, Math.min(last, LIST_LIMIT));
  answerJson(response, 200, messages);
}

export async function postMessage({ request, response, room }: Exchange, app: ChatApp): Promise<void> {
  const message = parseMessage(room, await readJsonBody(request));
  const stored = publish(app, message);
  app.counters.posts++;
  answerJson(response, 201, stored);
}

export async function putTopic({ request, response, room }: Exchange, app: ChatApp): Promise<void> {
  const topic = parseTopic(await readJsonBody(request));
  app.store.setTopic(room, topic);
  app.counters.puts++;
  answerJson(response, 200, { room, topic });
}

export function getHealth({ response }: Exchange, { version }: ChatApp): void {
  answerJson(response, 200, { status: "ok", version });
}

export function getStats({ response }: Exchange, { version, counters, store }: ChatApp): void {
  answerJson(response, 200, { version, ...counters, messages: store.count() });
}

/** Stores a message and hands it out at once, instead of at the feed's next look. */
export function publish({ store, feed }: ChatApp, message: NewMessage): Message {
  const stored = store.add(message);
  feed.pump();
  return stored;
}
