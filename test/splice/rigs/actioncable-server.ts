// Action Cable as Rails serves it (actioncable/lib/action_cable: connection/base.rb, connection/subscriptions.rb,
// connection/internal_channel.rb), with one channel: a welcome, a ping every 3 s to all, a subscription that is answered
// once, and a "message" without its "subscribe" that is dropped without a word to the client.

import type { WebSocket } from "ws";
import { z } from "zod";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook, ServerLink } from "./server-book.ts";
import { joinWith, startWebSocketApp, textOf } from "./websocket-app.ts";

export const CHANNEL = "NumbersChannel";
export const PING_MS = 3_000;

const commandOf = z.object({ command: z.string(), identifier: z.string(), data: z.string().optional() });
const channelOf = z.object({ channel: z.string(), client: z.string() });
const actionOf = z.object({
  action: z.string(),
  number: z.number().optional(),
  question: z.string().optional(),
});

type Command = z.infer<typeof commandOf>;

export function startCable(options: ServerOptions, pingMs = PING_MS): Promise<RigServer> {
  return startWebSocketApp({
    options,
    subprotocol: "actioncable-v1-json",
    serve: (socket, book) => new CableConnection(socket, book).greet(pingMs),
    // As Rails says it when it is told to restart.
    farewell: (socket) => {
      socket.send(JSON.stringify({ type: "disconnect", reason: "server_restart", reconnect: true }));
      socket.close();
    },
  });
}

interface Subscribed {
  readonly client: string;
  readonly link: ServerLink;
}

class CableConnection {
  readonly #socket: WebSocket;
  readonly #book: ServerBook;
  /** By identifier. */
  readonly #subscriptions = new Map<string, Subscribed>();

  constructor(socket: WebSocket, book: ServerBook) {
    this.#socket = socket;
    this.#book = book;
  }

  greet(pingMs: number): void {
    const socket = this.#socket;
    this.#transmit({ type: "welcome" });
    const pings = setInterval(
      () => this.#transmit({ type: "ping", message: Math.floor(Date.now() / 1000) }),
      pingMs,
    );
    socket.on("close", () => clearInterval(pings));
    socket.on("message", (data) => this.#execute(commandOf.parse(JSON.parse(textOf(data)))));
  }

  #execute(command: Command): void {
    if (command.command === "subscribe") this.#subscribe(command);
    else if (command.command === "unsubscribe") this.#unsubscribe(command);
    else if (command.command === "message") this.#perform(command);
  }

  #subscribe({ identifier }: Command): void {
    if (this.#subscriptions.has(identifier)) return;
    const { channel, client } = channelOf.parse(JSON.parse(identifier));
    // "Subscription class not found": a line in the log, and no answer.
    if (channel !== CHANNEL) return;
    const link = joinWith(this.#book, client, this.#socket, (number) =>
      this.#transmit({ identifier, message: { number } }),
    );
    this.#subscriptions.set(identifier, { client, link });
    this.#transmit({ identifier, type: "confirm_subscription" });
  }

  #unsubscribe({ identifier }: Command): void {
    const subscribed = this.#subscriptions.get(identifier);
    if (subscribed === undefined) return;
    this.#subscriptions.delete(identifier);
    this.#book.leave(subscribed.client, subscribed.link);
  }

  #perform({ identifier, data }: Command): void {
    const subscribed = this.#subscriptions.get(identifier);
    // "Unable to find subscription with identifier": a line in the log, and no answer.
    if (subscribed === undefined) return;
    const { action, number, question } = actionOf.parse(JSON.parse(data ?? "{}"));
    if (action === "say" && number !== undefined) this.#book.take(subscribed.client, number);
    if (action === "ask") this.#transmit({ identifier, message: { answer: question } });
  }

  #transmit(cable: object): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(cable));
  }
}
