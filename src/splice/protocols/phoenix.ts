// Phoenix channels, version 2: a socket, and many topics joined on it.
//
//   client                                               upstream
//   ["3","3","room:1","phx_join",{params}]            ──▶
//                                                     ◀── ["3","3","room:1","phx_reply",{"status":"ok",…}]
//   [null,"4","phoenix","heartbeat",{}]               ──▶     within 30 s or the client starts anew
//                                                     ◀── [null,"4","phoenix","phx_reply",{"status":"ok",…}]
//   ["3","9","room:1","phx_leave",{}]                 ──▶
//                                                     ◀── ["3","3","room:1","phx_close",{}]
//
//   topic:  joining ──ok──▶ joined ──phx_leave, phx_close, phx_error──▶ forgotten
//              └──error──▶ forgotten: the client joins anew by itself
//   replay: all joins as they were sent ──▶ await each reply ──▶ done
//
// The same join_ref makes the client take the new upstream's messages for those of its channel. A reply that it has had
// already is swallowed; where the new upstream refuses, the client hears phx_error, and joins anew by itself in 1, 2, 5
// and 10 s. LiveView is never moved: its replies are the page itself, which the client has to hear.

import { jsonMessage } from "../message.ts";
import {
  type Conversation,
  type Farewell,
  type Heartbeat,
  KEEP,
  type Message,
  type Protocol,
  type Replay,
  type ReplayStep,
  SERVICE_RESTART,
  type WhileWaiting,
} from "../protocol.ts";
import { Remembered } from "../remembered.ts";
import { clientHead, type Head, isOk, type Ref, upstreamHead } from "./phoenix-head.ts";

/** A third of what phoenix.js waits for an answer. */
const BEAT_MS = 10_000;
/** Views, and the files that they take. */
const LIVE_VIEW = /^lvu?:/;

export const phoenix: Protocol = {
  name: "phoenix",
  recognise: ({ path, query }) =>
    path.endsWith("/websocket") && query.get("vsn") === "2.0.0" ? "yes" : "no",
  start: () => new PhoenixConversation(),
};

interface Join {
  readonly joinRef: Ref;
  readonly ref: Ref;
  /** The client knows that it has joined. */
  answered: boolean;
}

class PhoenixConversation implements Conversation {
  readonly #messages = new Remembered<string>();
  /** Of the same topics. */
  readonly #joins = new Map<string, Join>();
  #heartbeat: Ref = null;

  onClientMessage(message: Message): void {
    const head = clientHead(message);
    if (head === null) return;
    if (head.event === "phx_join") this.#join(head, message);
    else if (head.event === "phx_leave") this.#forget(head);
    else if (isHeartbeat(head)) this.#heartbeat = head.ref;
  }

  onUpstreamMessage(message: Message): void {
    const head = upstreamHead(message);
    if (head === null) return;
    if (head.event === "phx_close" || head.event === "phx_error") this.#forget(head);
    else if (head.event === "phx_reply") this.#onReply(head, message);
  }

  obstacle(): string | null {
    const live = this.topics().some((topic) => LIVE_VIEW.test(topic));
    return live ? "a LiveView's page is known to its upstream alone" : this.#messages.obstacle();
  }

  replay(): Replay {
    return new PhoenixReplay(this);
  }

  whileWaiting(message: Message): WhileWaiting {
    const head = clientHead(message);
    return head !== null && isHeartbeat(head) ? { keep: false, answers: [heartbeatReply(head.ref)] } : KEEP;
  }

  /** Nothing comes by itself; but one that the old upstream still owed is given in its place. */
  heartbeat(): Heartbeat | null {
    return this.#heartbeat === null ? null : { everyMs: BEAT_MS, message: heartbeatReply(this.#heartbeat) };
  }

  farewell(): Farewell {
    return SERVICE_RESTART;
  }

  topics(): string[] {
    return [...this.#joins.keys()];
  }

  joinOf(topic: string): Join | null {
    return this.#joins.get(topic) ?? null;
  }

  joinMessages(): Message[] {
    return this.#messages.messages();
  }

  forgetTopic(topic: string): void {
    this.#messages.delete(topic);
    this.#joins.delete(topic);
  }

  takeOwedHeartbeat(): Message[] {
    const owed = this.#heartbeat;
    this.#heartbeat = null;
    return owed === null ? [] : [heartbeatReply(owed)];
  }

  #join({ joinRef, ref, topic }: Head, message: Message): void {
    this.#joins.delete(topic);
    this.#messages.put(topic, message);
    if (this.#messages.has(topic)) this.#joins.set(topic, { joinRef, ref, answered: false });
  }

  /** What is said to an earlier join of the topic means nothing to the present one. */
  #forget({ topic, joinRef }: Head): void {
    const join = this.#joins.get(topic);
    if (join !== undefined && (joinRef === null || joinRef === join.joinRef)) this.forgetTopic(topic);
  }

  #onReply({ topic, ref }: Head, message: Message): void {
    if (topic === "phoenix" && ref === this.#heartbeat) this.#heartbeat = null;
    const join = this.#joins.get(topic);
    if (join === undefined || join.answered || ref !== join.ref) return;
    if (isOk(message)) join.answered = true;
    else this.forgetTopic(topic);
  }
}

class PhoenixReplay implements Replay {
  readonly #conversation: PhoenixConversation;
  readonly #awaited = new Map<string, Join>();

  constructor(conversation: PhoenixConversation) {
    this.#conversation = conversation;
  }

  begin(): ReplayStep {
    for (const topic of this.#conversation.topics()) {
      const join = this.#conversation.joinOf(topic);
      if (join !== null) this.#awaited.set(topic, join);
    }
    return {
      toUpstream: this.#conversation.joinMessages(),
      toClient: this.#conversation.takeOwedHeartbeat(),
      state: this.#state(),
    };
  }

  onUpstreamMessage(message: Message): ReplayStep {
    const head = upstreamHead(message);
    if (head === null) return this.#forward([message]);
    const join = this.#awaited.get(head.topic);
    // An "unmatched topic" has no join_ref.
    if (join !== undefined && head.event === "phx_reply" && head.ref === join.ref) {
      this.#awaited.delete(head.topic);
      return this.#forward(this.#answer(head.topic, join, message));
    }
    this.#conversation.onUpstreamMessage(message);
    if (this.#conversation.joinOf(head.topic) !== join) this.#awaited.delete(head.topic);
    return this.#forward([message]);
  }

  #answer(topic: string, join: Join, reply: Message): Message[] {
    const ok = isOk(reply);
    const known = join.answered;
    if (ok) join.answered = true;
    else this.#conversation.forgetTopic(topic);
    if (!known) return [reply];
    return ok ? [] : [jsonMessage([join.joinRef, join.joinRef, topic, "phx_error", {}])];
  }

  #forward(toClient: readonly Message[]): ReplayStep {
    return { toUpstream: [], toClient, state: this.#state() };
  }

  #state(): "more" | "done" {
    return this.#awaited.size === 0 ? "done" : "more";
  }
}

function isHeartbeat({ topic, event }: Head): boolean {
  return topic === "phoenix" && event === "heartbeat";
}

function heartbeatReply(ref: Ref): Message {
  return jsonMessage([null, ref, "phoenix", "phx_reply", { status: "ok", response: {} }]);
}
