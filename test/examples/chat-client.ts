// A real WebSocket client and a reader of event streams for the tests of the chat app.

import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { WebSocket } from "ws";

export type ChatEvent = Record<string, unknown>;

/** A WebSocket whose messages wait in line until the test takes them. */
export class ChatClient {
  readonly socket: WebSocket;
  readonly #events: ChatEvent[] = [];
  #arrived: () => void = () => {};

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => {
      this.#events.push(JSON.parse(Buffer.isBuffer(data) ? data.toString("utf8") : "null"));
      this.#arrived();
    });
  }

  static async open(port: number, query = "room=lobby"): Promise<ChatClient> {
    const client = new ChatClient(new WebSocket(`ws://127.0.0.1:${port}/ws?${query}`));
    await once(client.socket, "open");
    return client;
  }

  async next(): Promise<ChatEvent> {
    for (;;) {
      const event = this.#events.shift();
      if (event) return event;
      await within(new Promise<void>((resolve) => (this.#arrived = resolve)), "the next WebSocket message");
    }
  }

  say(value: unknown): void {
    this.socket.send(typeof value === "string" ? value : JSON.stringify(value));
  }

  async closeCode(): Promise<number> {
    const [code] = await within(once(this.socket, "close"), "the close of the WebSocket");
    return Number(code);
  }
}

const PATIENCE_MS = 10_000;

/** A wait that never ends fails by name, instead of by the timeout of the whole test. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${what} did not come within 10 s`)), PATIENCE_MS);
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

/** Resolves when a request for `path` has reached a server of this process. */
export function requestArrives(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const channel = "http.server.request.start";
  const look = (message: unknown) => {
    if (!(message instanceof Object && "request" in message)) return;
    if (!(message.request instanceof IncomingMessage) || message.request.url !== path) return;
    unsubscribe(channel, look);
    resolve();
  };
  subscribe(channel, look);
  return within(promise, `the request for ${path}`);
}

/** Reads an event stream until it holds `count` events, or to its end. */
export async function readEvents(
  response: Response,
  count: number,
): Promise<{ id: string; data: ChatEvent }[]> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (eventsIn(text).length >= count) break;
  }
  return eventsIn(text);
}

function eventsIn(text: string): { id: string; data: ChatEvent }[] {
  return [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)].map(([, id = "", data = ""]) => ({
    id,
    data: JSON.parse(data),
  }));
}
