// STOMP 1.2 over plain WebSocket, as its specification has it: CONNECT before anything else, subscriptions by id with
// acknowledgements, receipts, heartbeats both ways, and ERROR with the end of the connection for whatever is wrong.
// Transactions it has none. What a client sends to /app/say is counted, and it is spoken to through /topic/<its id>.

import type { WebSocket } from "ws";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook, ServerLink } from "./server-book.ts";
import { type StompFrame, StompReader, writeFrame } from "./stomp-frames.ts";
import { joinWith, startWebSocketApp, textOf } from "./websocket-app.ts";

export const SAY = "/app/say";
const TOPIC = "/topic/";
const BEAT_MS = 10_000;
/** How much later than agreed a beat may come. */
const TOLERANCE = 2;
const PROTOCOL_ERROR = 1002;

export function destinationOf(clientId: string): string {
  return TOPIC + clientId;
}

export function startStomp(options: ServerOptions): Promise<RigServer> {
  return startWebSocketApp({
    options,
    subprotocol: "v12.stomp",
    serve: (socket, book) => new StompConnection(socket, book).listen(),
  });
}

interface Subscription {
  readonly client: string;
  readonly link: ServerLink;
}

class StompConnection {
  readonly #socket: WebSocket;
  readonly #book: ServerBook;
  readonly #reader = new StompReader();
  /** By their id. */
  readonly #subscriptions = new Map<string, Subscription>();
  #clientId: string | null = null;
  #heardAt = performance.now();
  #messages = 0;

  constructor(socket: WebSocket, book: ServerBook) {
    this.#socket = socket;
    this.#book = book;
  }

  listen(): void {
    this.#socket.on("message", (data) => {
      this.#heardAt = performance.now();
      for (const frame of this.#reader.read(textOf(data))) this.#take(frame);
    });
  }

  #take(frame: StompFrame): void {
    const { command, headers } = frame;
    if (this.#clientId === null) return this.#connect(frame);
    if (command === "SEND") this.#hear(frame, this.#clientId);
    else if (command === "SUBSCRIBE") this.#subscribe(frame);
    else if (command === "UNSUBSCRIBE") this.#unsubscribe(headers.get("id") ?? "");
    else if (command !== "ACK" && command !== "NACK" && command !== "DISCONNECT")
      return this.#refuse(`${command} is not spoken here`);
    const receipt = headers.get("receipt");
    if (receipt !== undefined) this.#write("RECEIPT", { "receipt-id": receipt });
    if (command === "DISCONNECT") this.#socket.close();
  }

  #connect({ command, headers }: StompFrame): void {
    if (command !== "CONNECT" && command !== "STOMP") return this.#refuse("CONNECT comes first");
    if (!headers.get("accept-version")?.split(",").includes("1.2")) return this.#refuse("only 1.2 is spoken");
    this.#clientId = headers.get("login") ?? "";
    this.#write("CONNECTED", { version: "1.2", server: "rig/1", "heart-beat": `${BEAT_MS},${BEAT_MS}` });
    const [sendsMs = 0, wantsMs = 0] = (headers.get("heart-beat") ?? "0,0").split(",").map(Number);
    if (wantsMs > 0) this.#every(Math.max(wantsMs, BEAT_MS), () => this.#socket.send("\n"));
    if (sendsMs > 0) this.#watch(Math.max(sendsMs, BEAT_MS));
  }

  #watch(beatMs: number): void {
    this.#every(beatMs, () => {
      if (performance.now() - this.#heardAt > beatMs * TOLERANCE) this.#refuse("no heartbeat");
    });
  }

  #every(intervalMs: number, act: () => void): void {
    const timer = setInterval(act, intervalMs);
    this.#socket.once("close", () => clearInterval(timer));
  }

  #subscribe({ headers }: StompFrame): void {
    const [id, destination] = [headers.get("id"), headers.get("destination")];
    if (id === undefined || destination === undefined)
      return this.#refuse("SUBSCRIBE wants an id and a destination");
    if (!destination.startsWith(TOPIC)) return this.#refuse(`there is no ${destination}`);
    const client = destination.slice(TOPIC.length);
    const isAcknowledged = (headers.get("ack") ?? "auto") !== "auto";
    const link = joinWith(this.#book, client, this.#socket, (number) => {
      this.#messages += 1;
      const named = { subscription: id, "message-id": String(this.#messages), destination };
      this.#write("MESSAGE", isAcknowledged ? { ...named, ack: named["message-id"] } : named, String(number));
    });
    this.#subscriptions.set(id, { client, link });
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id);
    this.#subscriptions.delete(id);
    if (subscription !== undefined) this.#book.leave(subscription.client, subscription.link);
  }

  #hear({ headers, body }: StompFrame, clientId: string): void {
    if (headers.get("destination") === SAY) this.#book.take(clientId, Number(body));
  }

  #refuse(message: string): void {
    this.#write("ERROR", { message });
    this.#socket.close(PROTOCOL_ERROR);
  }

  #write(command: string, headers: Readonly<Record<string, string>>, body?: string): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(writeFrame(command, headers, body));
  }
}
