// Mattermost's WebSocket, /api/v4/websocket. The client is known by its cookie, or by a token in a challenge.
//
//   silent ── hello (cookie) ────────────────────────────▶ ready
//      └───── authentication_challenge ▶ unknown ── hello ──▶ ready
//
//   replay:  authentication_challenge, if there was one ──▶ {"status":"OK","seq_reply":n}  swallowed, unless it comes
//            presence (what is looked at) ◀── behind it ──── hello                        forwarded       behind the hello:
//            clients pass over an answer that nobody waits for.
//
// A second `hello` with another connection id makes the client fetch what it has missed, and count events from 0 again
// (webapp: `missedMessageListeners`): so it is forwarded, and nothing is lost. The handshake must ask for a new connection,
// as a first one does: with the query of a client that has resumed, an upstream that still knows that connection would
// repeat old events without a `hello`, which the client takes for lost ones.

import { type Fields, fieldsOf } from "../fields-of.ts";
import { jsonMessage } from "../message.ts";
import {
  type Conversation,
  DONE,
  type Farewell,
  failed,
  IGNORE,
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

const PATH = /\/api\/v4\/websocket\/?$/;
const CHALLENGE = "authentication_challenge";
/** What `presence` tells of: the open channel, team and thread. */
const LOOKED_AT = ["channel_id", "team_id", "thread_channel_id"] as const;
const CALL_JOIN = "custom_com.mattermost.calls_join";
const CALL_LEAVE = "custom_com.mattermost.calls_leave";

type LookedAt = (typeof LOOKED_AT)[number];

export const mattermost: Protocol = {
  name: "mattermost",
  recognise: ({ path }) => (PATH.test(path) ? "yes" : "no"),
  start: () => new MattermostConversation(),
  redialQuery: ({ query }) => (query.get("connection_id") ? asNew(query) : null),
};

function asNew(query: URLSearchParams): URLSearchParams {
  const fresh = new URLSearchParams(query);
  fresh.set("connection_id", "");
  fresh.set("sequence_number", "0");
  return fresh;
}

class MattermostConversation implements Conversation {
  readonly #challenge = new Remembered<typeof CHALLENGE>();
  readonly #lookedAt = new Remembered<LookedAt>();
  #state: "silent" | "unknown" | "ready" = "silent";
  #isInCall = false;
  /** Only plugins speak binary, and keep to themselves what it means. */
  #spokeBinary = false;

  onClientMessage(message: Message): void {
    if (this.#state === "silent") this.#state = "unknown";
    if (message.isBinary) this.#spokeBinary = true;
    const fields = fieldsOf(message);
    if (fields === null) return;
    if (fields.action === CALL_JOIN) this.#isInCall = true;
    if (fields.action === CALL_LEAVE) this.#isInCall = false;
    if (fields.action === CHALLENGE) this.#challenge.put(CHALLENGE, message);
    const lookedAt = whatIsLookedAt(fields);
    if (lookedAt !== null) this.#lookedAt.put(lookedAt, message);
  }

  onUpstreamMessage(message: Message): void {
    if (this.#state === "ready") return;
    this.#state = fieldsOf(message)?.event === "hello" ? "ready" : "unknown";
  }

  obstacle(): string | null {
    if (this.#state === "unknown") return "the upstream does not know the client yet";
    if (this.#isInCall) return "the client is in a call";
    if (this.#spokeBinary) return "the client has spoken with a plugin";
    return this.#challenge.obstacle() ?? this.#lookedAt.obstacle();
  }

  unfinished(): "upstream" | null {
    return this.#state === "unknown" ? "upstream" : null;
  }

  replay(): Replay {
    if (this.#state === "silent") return { begin: () => DONE, onUpstreamMessage: () => DONE };
    const lookedAt = this.#lookedAt.messages();
    return {
      begin: () => ({ toUpstream: this.#challenge.messages(), toClient: [], state: "more" }),
      onUpstreamMessage: (message) => answerTo(message, lookedAt),
    };
  }

  whileWaiting(message: Message): WhileWaiting {
    const fields = fieldsOf(message);
    if (fields?.action === "user_typing") return IGNORE;
    if (fields?.action !== "ping" || typeof fields.seq !== "number") return KEEP;
    const pong = { status: "OK", data: { text: "pong" }, seq_reply: fields.seq };
    return { keep: false, answers: [jsonMessage(pong)] };
  }

  heartbeat(): null {
    return null;
  }

  farewell(): Farewell {
    return SERVICE_RESTART;
  }
}

function whatIsLookedAt({ action, data }: Fields): LookedAt | null {
  if (action !== "presence" || typeof data !== "object" || data === null) return null;
  return LOOKED_AT.find((field) => field in data) ?? null;
}

function answerTo(message: Message, lookedAt: readonly Message[]): ReplayStep {
  const fields = fieldsOf(message);
  if (fields?.event === "hello") return { toUpstream: lookedAt, toClient: [message], state: "done" };
  if (fields?.status === "OK" && fields.seq_reply !== undefined) return SWALLOW;
  return failed("the new upstream did not greet the client");
}
