// Action Cable of Rails: one connection, many subscriptions, each named by its identifier (a JSON text).
//
//   client                                          upstream
//                                                ◀── {"type":"welcome"}
//   {"command":"subscribe","identifier":I}       ──▶
//                                                ◀── {"type":"confirm_subscription","identifier":I}
//   {"command":"message","identifier":I,"data":D} ─▶     (or "reject_subscription")
//                                                ◀── {"type":"ping","message":<unix seconds>}, every 3 s
//
//   replay:  await welcome ──▶ subscribe all ──▶ await what was confirmed before ──▶ done
//
// A second welcome would make the client subscribe anew by itself, but Rails drops a "message" that comes before its
// "subscribe": what the client said meanwhile would be lost. So the subscriptions are made here. Their confirmations go
// on to the client: each runs its `connected` callback again, where apps ask for what they have missed, and for what
// the upstream knew of them.

import { type Fields, fieldsOf } from "../fields-of.ts";
import { jsonMessage } from "../message.ts";
import {
  type Conversation,
  type Farewell,
  failed,
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

/** The client gives a silent connection up after two of them. */
const BEAT_MS = 3_000;
const MOST_KEPT = 256;

export const actioncable: Protocol = {
  name: "actioncable",
  recognise: ({ subprotocol }) => (subprotocol === "actioncable-v1-json" ? "yes" : "no"),
  start: () => new CableConversation(),
};

class CableConversation implements Conversation {
  readonly #subscriptions = new Remembered<string>();
  readonly #confirmed = new Set<string>();
  /** The last kept command of each; it has not reached `onClientMessage` yet. */
  readonly #kept = new Map<string, string>();
  #welcomed = false;
  #dismissal: string | null = null;
  #binary = false;

  onClientMessage(message: Message): void {
    if (message.isBinary) this.#binary = true;
    const fields = fieldsOf(message);
    const identifier = textIn(fields, "identifier");
    if (identifier === null) return;
    if (fields?.["command"] === "subscribe") this.#subscribe(identifier, message);
    else if (fields?.["command"] === "unsubscribe") this.#forget(identifier);
    else return;
    this.#kept.delete(identifier);
  }

  onUpstreamMessage(message: Message): void {
    const fields = saidByUpstream(message);
    const identifier = textIn(fields, "identifier");
    const type = fields?.["type"];
    if (type === "welcome") this.#welcomed = true;
    if (type === "disconnect") this.#dismissal = reasonIn(fields);
    if (identifier === null) return;
    if (type === "confirm_subscription" && this.#subscriptions.has(identifier))
      this.#confirmed.add(identifier);
    if (type === "reject_subscription") this.#forget(identifier);
  }

  obstacle(): string | null {
    // Some servers read it all the same; here it would be missed.
    if (this.#binary) return "the client has sent a binary message, which this protocol does not have";
    if (this.#dismissal !== null)
      return `the upstream has asked the client to disconnect: ${this.#dismissal}`;
    return this.#subscriptions.obstacle();
  }

  replay(): Replay {
    return new CableReplay(this);
  }

  /** The client repeats each unconfirmed "subscribe" twice a second: one is enough. */
  whileWaiting(message: Message): WhileWaiting {
    const fields = fieldsOf(message);
    const identifier = textIn(fields, "identifier");
    const command = textIn(fields, "command");
    if (identifier === null || (command !== "subscribe" && command !== "unsubscribe")) return KEEP;
    if (command === "subscribe" && this.#willBeSubscribed(identifier)) return IGNORE;
    this.#noteKept(identifier, command);
    return KEEP;
  }

  heartbeat(): Heartbeat {
    return {
      everyMs: BEAT_MS,
      message: jsonMessage({ type: "ping", message: Math.floor(Date.now() / 1000) }),
    };
  }

  farewell(): Farewell {
    const message = jsonMessage({ type: "disconnect", reason: "server_restart", reconnect: true });
    return { ...SERVICE_RESTART, messages: [message] };
  }

  get welcomed(): boolean {
    return this.#welcomed;
  }

  subscriptions(): readonly Message[] {
    return this.#subscriptions.messages();
  }

  confirmed(): ReadonlySet<string> {
    return this.#confirmed;
  }

  #subscribe(identifier: string, message: Message): void {
    // It is a repetition: the upstream answers the first alone.
    if (this.#subscriptions.has(identifier)) return;
    this.#subscriptions.put(identifier, message);
  }

  #forget(identifier: string): void {
    this.#subscriptions.delete(identifier);
    this.#confirmed.delete(identifier);
  }

  #willBeSubscribed(identifier: string): boolean {
    // What is not known for certain is kept: Rails only logs a second "subscribe".
    if (this.#kept.size >= MOST_KEPT) return false;
    const kept = this.#kept.get(identifier);
    return kept === undefined ? this.#subscriptions.has(identifier) : kept === "subscribe";
  }

  #noteKept(identifier: string, command: string): void {
    if (this.#kept.size < MOST_KEPT) this.#kept.set(identifier, command);
  }
}

class CableReplay implements Replay {
  readonly #conversation: CableConversation;
  #awaited = new Set<string>();
  #welcomed = false;

  constructor(conversation: CableConversation) {
    this.#conversation = conversation;
  }

  begin(): ReplayStep {
    return SWALLOW;
  }

  onUpstreamMessage(message: Message): ReplayStep {
    const fields = saidByUpstream(message);
    if (fields?.["type"] === "disconnect")
      return failed(`the upstream refused the client: ${reasonIn(fields)}`);
    if (fields?.["type"] === "welcome") return this.#subscribe(message);
    this.#conversation.onUpstreamMessage(message);
    if (isAnswer(fields)) this.#awaited.delete(textIn(fields, "identifier") ?? "");
    return { toUpstream: [], toClient: [message], state: this.#state() };
  }

  #subscribe(welcome: Message): ReplayStep {
    if (this.#welcomed) return SWALLOW;
    this.#welcomed = true;
    // One that was never confirmed may name a channel that is not there: Rails says nothing to it then.
    this.#awaited = new Set(this.#conversation.confirmed());
    const toClient = this.#conversation.welcomed ? [] : [welcome];
    this.#conversation.onUpstreamMessage(welcome);
    return { toUpstream: this.#conversation.subscriptions(), toClient, state: this.#state() };
  }

  #state(): "more" | "done" {
    return this.#welcomed && this.#awaited.size === 0 ? "done" : "more";
  }
}

/** A broadcast may be as large as the app likes, and says nothing of the connection. */
function saidByUpstream(message: Message): Fields | null {
  return message.data.length > 2 * MOST_REMEMBERED_BYTES ? null : fieldsOf(message);
}

function isAnswer(fields: Fields | null): boolean {
  return fields?.["type"] === "confirm_subscription" || fields?.["type"] === "reject_subscription";
}

function reasonIn(fields: Fields | null): string {
  return (textIn(fields, "reason") ?? "no reason given").slice(0, 80);
}

function textIn(fields: Fields | null, name: string): string | null {
  const value = fields?.[name];
  return typeof value === "string" ? value : null;
}
