// GraphQL over WebSocket, subprotocol graphql-transport-ws (the older "graphql-ws" subprotocol is another one).
//
//   client                                              upstream
//   {"type":"connection_init","payload":P}           ──▶
//                                                    ◀── {"type":"connection_ack"}
//   {"type":"subscribe","id":I,"payload":{"query":Q}} ─▶
//                                                    ◀── {"type":"next","id":I,…}, any number
//   {"type":"complete","id":I}                       ──▶  or ◀── "complete" or "error" of I
//
//   operation:  subscribe ──surely a subscription──▶ live ───────┐
//                   └────────anything else─────────▶ an obstacle ┴──complete, error──▶ forgotten
//   replay:     connection_init ──▶ await connection_ack ──▶ subscribe all that live ──▶ done
//
// A query or mutation under way may have been executed: it is never said twice. It ends soon, and then it is no
// obstacle any more. A second connection_ack means nothing to a client, and is swallowed.

import { asFields, type Fields, fieldsOf } from "../fields-of.ts";
import { jsonMessage, textMessage } from "../message.ts";
import {
  type Conversation,
  DONE,
  type Farewell,
  type Heartbeat,
  IGNORE,
  KEEP,
  type Message,
  MOST_REMEMBERED_BYTES,
  type Protocol,
  type Replay,
  type ReplayStep,
  SERVICE_RESTART,
  SWALLOW,
  type WhileWaiting,
} from "../protocol.ts";
import { Remembered } from "../remembered.ts";
import { isSurelySubscription } from "./graphql-operation.ts";

/** Clients that look for an answer to their ping commonly wait 5 s. */
const BEAT_MS = 3_000;
const MOST_PONG_BYTES = 4096;
/** What a long message must have in it to be of interest here; results are long as a rule. */
const OF_INTEREST = ['"complete"', '"error"', '"connection_ack"'];

export const graphqlTransportWs: Protocol = {
  name: "graphql-transport-ws",
  recognise: ({ subprotocol }) => (subprotocol === "graphql-transport-ws" ? "yes" : "no"),
  start: () => new GraphqlConversation(),
};

class GraphqlConversation implements Conversation {
  /** Null: connection_init, which is the first; then the live subscriptions by id. */
  readonly #opening = new Remembered<string | null>();
  /** The ids of what must not be executed twice. */
  readonly #once = new Remembered<string>();
  #acknowledged = false;
  #owedPong: Message | null = null;
  #binary = false;

  onClientMessage(message: Message): void {
    if (message.isBinary) this.#binary = true;
    const fields = fieldsOf(message);
    const id = fields?.["id"];
    switch (fields?.["type"]) {
      case "connection_init":
        if (!this.#opening.has(null)) this.#opening.put(null, message);
        break;
      case "subscribe":
        if (typeof id === "string") this.#subscribe(id, fields, message);
        break;
      case "complete":
        this.#end(id);
        break;
      case "ping":
        this.#owedPong = pongTo(fields);
        break;
    }
  }

  onUpstreamMessage(message: Message): void {
    const fields = saidByUpstream(message);
    switch (fields?.["type"]) {
      case "connection_ack":
        this.#acknowledged = true;
        break;
      case "complete":
      case "error":
        this.#end(fields["id"]);
        break;
      case "pong":
        this.#owedPong = null;
        break;
    }
  }

  obstacle(): string | null {
    // Some servers read it all the same; here it would be missed.
    if (this.#binary) return "the client has sent a binary message, which this protocol does not have";
    if (this.unfinished() !== null) return "an operation is under way that must not be executed twice";
    return this.#opening.obstacle() ?? this.#once.obstacle();
  }

  /** The result of such an operation is all that is missing, as a rule. */
  unfinished(): "upstream" | null {
    return this.#once.keys().length > 0 ? "upstream" : null;
  }

  replay(): Replay {
    return new GraphqlReplay(this);
  }

  whileWaiting(message: Message): WhileWaiting {
    const fields = fieldsOf(message);
    if (fields?.["type"] === "ping") return { keep: false, answers: [pongTo(fields)] };
    return fields?.["type"] === "pong" ? IGNORE : KEEP;
  }

  /** An upstream says nothing by itself that is missed; but a pong that it still owed is given in its place. */
  heartbeat(): Heartbeat | null {
    return this.#owedPong === null ? null : { everyMs: BEAT_MS, message: this.#owedPong };
  }

  farewell(): Farewell {
    return SERVICE_RESTART;
  }

  get acknowledged(): boolean {
    return this.#acknowledged;
  }

  /** Null: the client has not begun. */
  init(): Message | null {
    return this.#opening.has(null) ? (this.#opening.messages()[0] ?? null) : null;
  }

  subscriptions(): Message[] {
    return this.#opening.messages().slice(1);
  }

  takeOwedPong(): Message[] {
    const owed = this.#owedPong;
    this.#owedPong = null;
    return owed === null ? [] : [owed];
  }

  #subscribe(id: string, fields: Fields, message: Message): void {
    // An upstream refuses what comes before connection_init.
    if (!this.#opening.has(null)) return;
    if (isSubscription(message, asFields(fields["payload"]))) this.#opening.put(id, message);
    else this.#once.put(id, textMessage(id));
  }

  #end(id: unknown): void {
    if (typeof id !== "string") return;
    this.#opening.delete(id);
    this.#once.delete(id);
  }
}

class GraphqlReplay implements Replay {
  readonly #conversation: GraphqlConversation;

  constructor(conversation: GraphqlConversation) {
    this.#conversation = conversation;
  }

  begin(): ReplayStep {
    const init = this.#conversation.init();
    if (init === null) return { ...DONE, toClient: this.#conversation.takeOwedPong() };
    return { toUpstream: [init], toClient: this.#conversation.takeOwedPong(), state: "more" };
  }

  onUpstreamMessage(message: Message): ReplayStep {
    const fields = saidByUpstream(message);
    switch (fields?.["type"]) {
      case "connection_ack":
        return this.#subscribe(message);
      case "ping":
        return { toUpstream: [pongTo(fields)], toClient: [], state: "more" };
      case "pong":
        return SWALLOW;
    }
    return { toUpstream: [], toClient: [message], state: "more" };
  }

  /** Nothing confirms a subscription: what comes next is its first result. */
  #subscribe(ack: Message): ReplayStep {
    const toClient = this.#conversation.acknowledged ? [] : [ack];
    this.#conversation.onUpstreamMessage(ack);
    return { toUpstream: this.#conversation.subscriptions(), toClient, state: "done" };
  }
}

function isSubscription(message: Message, payload: Fields | null): boolean {
  // A longer one could not be remembered; and a mutation's file is not read for its sake.
  if (message.data.length > MOST_REMEMBERED_BYTES) return false;
  const query = payload?.["query"];
  return typeof query === "string" && isSurelySubscription(query, payload?.["operationName"]);
}

function saidByUpstream(message: Message): Fields | null {
  const long = message.data.length > MOST_REMEMBERED_BYTES;
  if (long && !OF_INTEREST.some((text) => message.data.includes(text))) return null;
  return fieldsOf(message);
}

function pongTo(ping: Fields): Message {
  const pong = jsonMessage(ping["payload"] ? { type: "pong", payload: ping["payload"] } : { type: "pong" });
  return pong.data.length > MOST_PONG_BYTES ? jsonMessage({ type: "pong" }) : pong;
}
