// An app whose clients say who they are in their first message, and whose upstream answers it. Only the operator knows
// that nothing else hangs on a connection (subscriptions, a room that was joined), so it is chosen by name only.
//
//   silent ── the client's first message ──▶ asked ── the upstream's next one ──▶ known
//     └ what the upstream says before it is its greeting
//
//   replay:  the first message ──▶ as many messages as the greeting and the answer had, swallowed; the last one must be
//            of the same kind as the answer was: a refusal is none
//
// The upstream says something while the client is silent: that may be a greeting, or not. It cannot be moved then.

import { fieldsOf } from "../fields-of.ts";
import {
  type Conversation,
  DONE,
  type Farewell,
  failed,
  KEEP,
  type Message,
  type Protocol,
  type Replay,
  type ReplayStep,
  SERVICE_RESTART,
  SWALLOW,
  type WhileWaiting,
} from "../protocol.ts";
import { Remembered } from "../remembered.ts";

const FIRST = "first";
/** The fields by which apps tell one kind of message from another. */
const KIND_FIELDS = ["type", "event", "action", "op", "kind", "cmd", "status"];
/** What is compared of such a field. */
const LONGEST_KIND = 64;

type State = { name: "silent" } | { name: "asked" } | { name: "known"; readonly answerKind: string };

export const firstMessage: Protocol = {
  name: "first-message",
  recognise: () => "no",
  start: () => new FirstMessageConversation(),
};

class FirstMessageConversation implements Conversation {
  readonly #first = new Remembered<typeof FIRST>();
  #state: State = { name: "silent" };
  #greetings = 0;

  onClientMessage(message: Message): void {
    if (this.#state.name !== "silent") return;
    this.#state = { name: "asked" };
    this.#first.put(FIRST, message);
  }

  onUpstreamMessage(message: Message): void {
    if (this.#state.name === "silent") this.#greetings += 1;
    if (this.#state.name === "asked") this.#state = { name: "known", answerKind: kindOf(message) };
  }

  obstacle(): string | null {
    if (this.#state.name === "asked") return "the upstream has not answered the client's first message yet";
    if (this.#state.name === "silent" && this.#greetings > 0) return "the client has not said who it is yet";
    return this.#first.obstacle();
  }

  unfinished(): "client" | "upstream" | null {
    if (this.#state.name === "asked") return "upstream";
    return this.#state.name === "silent" && this.#greetings > 0 ? "client" : null;
  }

  replay(): Replay {
    const state = this.#state;
    if (state.name !== "known") return { begin: () => DONE, onUpstreamMessage: () => DONE };
    let awaited = this.#greetings + 1;
    return {
      begin: () => ({ toUpstream: this.#first.messages(), toClient: [], state: "more" }),
      onUpstreamMessage: (message) => {
        awaited -= 1;
        return awaited > 0 ? SWALLOW : judge(message, state.answerKind);
      },
    };
  }

  whileWaiting(): WhileWaiting {
    return KEEP;
  }

  heartbeat(): null {
    return null;
  }

  farewell(): Farewell {
    return SERVICE_RESTART;
  }
}

function judge(message: Message, answerKind: string): ReplayStep {
  const isOfItsKind = kindOf(message) === answerKind;
  return isOfItsKind ? DONE : failed("the new upstream answered the client's first message otherwise");
}

function kindOf(message: Message): string {
  if (message.isBinary) return "binary";
  const fields = fieldsOf(message);
  if (fields === null) return "text";
  const named = KIND_FIELDS.filter((field) => typeof fields[field] === "string");
  const kind = named.map((field) => `${field}=${String(fields[field]).slice(0, LONGEST_KIND)}`).join(" ");
  return "error" in fields ? `error ${kind}` : kind;
}
