// What the frames of one STOMP connection have built up at the server, and what of it is still in the air. Bounded.
//
//   CONNECT ──▶ unanswered ──CONNECTED──▶ connected ──DISCONNECT, ERROR, temporary queues──▶ never

import { Remembered } from "../remembered.ts";
import { Outstanding } from "./outstanding.ts";
import { type Frame, makeFrame } from "./stomp-frames.ts";

export class StompSession {
  #connect: Buffer | null = null;
  #clientBeat: Beat = NO_BEAT;
  #connected: ReadonlyMap<string, string> | null = null;
  #never: string | null = null;
  readonly #subscriptions = new Remembered<string>();
  /** The subscriptions whose messages are acknowledged: true when an ACK is also one for all before it. */
  readonly #ackModes = new Outstanding<string, boolean>();
  /** Which subscription a message came for. */
  readonly #unacknowledged = new Outstanding<string, string>();
  readonly #transactions = new Outstanding<string>();
  readonly #receipts = new Outstanding<string>();

  /** Null: it has not been said. */
  get connect(): Buffer | null {
    return this.#connect;
  }

  get connected(): ReadonlyMap<string, string> | null {
    return this.#connected;
  }

  subscribes(): Buffer[] {
    return this.#subscriptions.messages().map(({ data }) => data);
  }

  /** How often the server has to say something, in milliseconds; zero: never. */
  serverBeatMs(): number {
    const { sends } = readBeat(this.#connected?.get("heart-beat"));
    const { wants } = this.#clientBeat;
    return sends === 0 || wants === 0 ? 0 : Math.max(sends, wants);
  }

  obstacle(): string | null {
    if (this.#never !== null) return this.#never;
    if (this.#connect !== null && this.#connected === null) return "CONNECT is not answered yet";
    const lists = [this.#ackModes, this.#unacknowledged, this.#transactions, this.#receipts];
    if (lists.some((each) => each.overflowed)) return "too much was open at once";
    if (this.#transactions.any) return "a transaction is open";
    if (this.#receipts.any) return "a receipt is awaited";
    if (this.#unacknowledged.any) return "a message is not acknowledged";
    return this.#subscriptions.obstacle();
  }

  /** Whose next frames would end what is open. */
  unfinished(): "client" | "upstream" | null {
    if (this.#never !== null) return null;
    const isUnanswered = this.#connect !== null && this.#connected === null;
    if (isUnanswered || this.#receipts.any) return "upstream";
    return this.#transactions.any || this.#unacknowledged.any ? "client" : null;
  }

  onClientFrame(frame: Frame): void {
    const { command, headers } = frame;
    if (this.#connect === null) return this.#onConnect(frame);
    const receipt = headers.get("receipt");
    if (receipt !== undefined) this.#receipts.add(receipt, null);
    // Such a queue belongs to the connection, and ends with it.
    const names = [headers.get("destination"), headers.get("reply-to")];
    if (names.some((name) => name?.startsWith("/temp-"))) this.#never ??= "the client uses temporary queues";
    const transaction = headers.get("transaction") ?? "";
    if (command === "SUBSCRIBE") this.#onSubscribe(frame);
    else if (command === "UNSUBSCRIBE") this.#onUnsubscribe(keyOf(headers));
    else if (command === "ACK" || command === "NACK") this.#onAck(headers);
    else if (command === "BEGIN") this.#transactions.add(transaction, null);
    else if (command === "COMMIT" || command === "ABORT") this.#transactions.delete(transaction);
    else if (command === "DISCONNECT") this.#never ??= "the client has said DISCONNECT";
  }

  onUpstreamFrame({ command, headers }: Frame): void {
    if (command === "CONNECTED") this.#connected ??= new Map(headers);
    else if (command === "RECEIPT") this.#receipts.delete(headers.get("receipt-id") ?? "");
    else if (command === "MESSAGE") this.#onMessage(headers);
    else if (command === "ERROR") this.#never ??= "the server has said ERROR";
  }

  #onConnect({ command, headers, head }: Frame): void {
    if (command !== "CONNECT" && command !== "STOMP") {
      this.#never ??= "it did not begin with CONNECT";
      return;
    }
    this.#connect = makeFrame(head, ["content-length"]);
    this.#clientBeat = readBeat(headers.get("heart-beat"));
  }

  #onSubscribe({ headers, head }: Frame): void {
    const key = keyOf(headers);
    // The client has had the receipt.
    this.#subscriptions.put(key, { data: makeFrame(head, ["receipt", "content-length"]), isBinary: false });
    const mode = headers.get("ack") ?? "auto";
    if (mode === "auto") this.#ackModes.delete(key);
    else this.#ackModes.add(key, mode === "client");
  }

  #onUnsubscribe(key: string): void {
    this.#subscriptions.delete(key);
    this.#ackModes.delete(key);
    for (const [message, subscription] of this.#unacknowledged.entries()) {
      if (subscription === key) this.#unacknowledged.delete(message);
    }
  }

  #onMessage(headers: ReadonlyMap<string, string>): void {
    const key = subscriptionOf(headers);
    if (this.#ackModes.get(key) === undefined) return;
    this.#unacknowledged.add(headers.get(this.#isTwelve() ? "ack" : "message-id") ?? "", key);
  }

  #onAck(headers: ReadonlyMap<string, string>): void {
    const id = headers.get(this.#isTwelve() ? "id" : "message-id") ?? "";
    const key = this.#unacknowledged.get(id);
    if (key === undefined) return;
    if (this.#ackModes.get(key) === true) this.#acknowledgeUpTo(id, key);
    this.#unacknowledged.delete(id);
  }

  /** It acknowledges by `ack`, those before it by `message-id`. */
  #isTwelve(): boolean {
    return this.#connected?.get("version") === "1.2";
  }

  #acknowledgeUpTo(id: string, key: string): void {
    for (const [message, subscription] of this.#unacknowledged.entries()) {
      if (message === id) return;
      if (subscription === key) this.#unacknowledged.delete(message);
    }
  }
}

interface Beat {
  readonly sends: number;
  readonly wants: number;
}

const NO_BEAT: Beat = { sends: 0, wants: 0 };

function readBeat(header: string | undefined): Beat {
  const match = /^\s*(\d{1,9})\s*,\s*(\d{1,9})\s*$/.exec(header ?? "");
  return match === null ? NO_BEAT : { sends: Number(match[1]), wants: Number(match[2]) };
}

/** In 1.0 the destination does where there is no identifier. */
function keyOf(headers: ReadonlyMap<string, string>): string {
  return headers.get("id") ?? headers.get("destination") ?? "";
}

function subscriptionOf(headers: ReadonlyMap<string, string>): string {
  return headers.get("subscription") ?? headers.get("destination") ?? "";
}
