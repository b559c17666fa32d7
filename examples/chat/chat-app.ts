// What every handler of the chat app works with.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { ChatVersion } from "./chat-options.ts";
import type { MessageFeed } from "./message-feed.ts";
import type { MessageStore } from "./message-store.ts";

export interface ChatApp {
  version: ChatVersion;
  store: MessageStore;
  feed: MessageFeed;
  counters: ChatCounters;
  /** Aborts when the app shuts down: whatever waits or streams ends itself properly then. */
  closing: AbortSignal;
}

/** Totals since this process started, by what was processed to the end. */
export interface ChatCounters {
  requests: number;
  /** Messages stored that came by POST, and by WebSocket. */
  posts: number;
  says: number;
  /** Topics set. */
  puts: number;
  polls: number;
  streams: number;
  webSockets: number;
}

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** Empty on routes without a room. */
  room: string;
}
