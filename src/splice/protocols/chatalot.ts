// Chatalot's WebSocket: the first message authenticates, and what a connection is told hangs on its subscriptions.
//
//   silent ── authenticate ──▶ asked ── authenticated ──▶ known: subscribe · update_presence · join_voice
//
//   replay:  authenticate ──▶ authenticated  swallowed   (an error: the token has run out; the client comes back with
//            subscribe, update_presence ◀── behind it     a fresh one)
//
// `unsubscribe` ends all subscriptions, whatever it names. A call ends with its connection, so it is an obstacle. While
// it waits, the client's pings are answered; the upstream says `pong` by itself, too, and a client that hears none for
// 45 s takes the connection for dead.

import { type Fields, fieldsOf } from "../fields-of.ts";
import { jsonMessage, textMessage } from "../message.ts";
import {
  type Conversation,
  DONE,
  type Farewell,
  failed,
  type FirstMessages,
  type Heartbeat,
  IGNORE,
  KEEP,
  type Message,
  type Protocol,
  type Recognition,
  type Replay,
  SERVICE_RESTART,
  type WhileWaiting,
} from "../protocol.ts";
import { Remembered } from "../remembered.ts";

/** What a UUID can look like to the server, which ignores a message that has anything else. */
const CHANNEL_ID = /^[0-9a-z:{}-]{32,45}$/i;
const PRESENCE = "presence";
const AUTHENTICATE = "authenticate";
/** Servers say it every 15 or 30 s, by their version. */
const HEARTBEAT: Heartbeat = { everyMs: 15_000, message: textMessage('{"type":"pong"}') };

export const chatalot: Protocol = {
  name: "chatalot",
  recognise: (_, first) => recognise(first),
  start: () => new ChatalotConversation(),
};

function recognise({ client, upstream }: FirstMessages): Recognition {
  if (client === null) return "later";
  if (!isAuthenticate(fieldsOf(client))) return "no";
  if (upstream === null) return "later";
  const answer = fieldsOf(upstream);
  return isAuthenticated(answer) && typeof answer?.server_version === "string" ? "yes" : "no";
}

class ChatalotConversation implements Conversation {
  readonly #authenticate = new Remembered<typeof AUTHENTICATE>();
  readonly #presence = new Remembered<typeof PRESENCE>();
  readonly #channels = new Remembered<string>();
  #state: "silent" | "asked" | "known" = "silent";
  #isInCall = false;

  onClientMessage(message: Message): void {
    const fields = fieldsOf(message);
    if (this.#state === "silent") {
      this.#state = "asked";
      this.#authenticate.put(AUTHENTICATE, message);
    } else if (fields !== null) {
      this.#note(fields, message);
    }
  }

  #note({ type, channel_ids: ids }: Fields, message: Message): void {
    if (type === "update_presence") this.#presence.put(PRESENCE, message);
    if (type === "join_voice") this.#isInCall = true;
    if (type === "leave_voice") this.#isInCall = false;
    if (type === "unsubscribe") for (const id of this.#channels.keys()) this.#channels.delete(id);
    if (type !== "subscribe" || !Array.isArray(ids) || !ids.every(isChannelId)) return;
    for (const id of ids) this.#channels.put(id, textMessage(id));
  }

  onUpstreamMessage(message: Message): void {
    if (this.#state === "asked" && isAuthenticated(fieldsOf(message))) this.#state = "known";
  }

  obstacle(): string | null {
    if (this.#state === "asked") return "the upstream has not let the client in yet";
    if (this.#isInCall) return "the client is in a call";
    return this.#authenticate.obstacle() ?? this.#channels.obstacle() ?? this.#presence.obstacle();
  }

  unfinished(): "upstream" | null {
    return this.#state === "asked" ? "upstream" : null;
  }

  replay(): Replay {
    if (this.#state === "silent") return { begin: () => DONE, onUpstreamMessage: () => DONE };
    const behindIt = this.#behindAuthenticate();
    return {
      begin: () => ({ toUpstream: this.#authenticate.messages(), toClient: [], state: "more" }),
      onUpstreamMessage: (message) => {
        if (!isAuthenticated(fieldsOf(message))) return failed("the new upstream did not let the client in");
        return { toUpstream: behindIt, toClient: [], state: "done" };
      },
    };
  }

  #behindAuthenticate(): Message[] {
    const ids = this.#channels.keys();
    const subscribe = ids.length === 0 ? [] : [jsonMessage({ type: "subscribe", channel_ids: ids })];
    return [...subscribe, ...this.#presence.messages()];
  }

  whileWaiting(message: Message): WhileWaiting {
    const fields = fieldsOf(message);
    // As its client does with what it kept through a reconnect: nobody types any more.
    if (fields?.type === "typing" || fields?.type === "stop_typing") return IGNORE;
    if (fields?.type !== "ping") return KEEP;
    return { keep: false, answers: [jsonMessage({ type: "pong", timestamp: fields.timestamp })] };
  }

  heartbeat(): Heartbeat | null {
    return this.#state === "known" ? HEARTBEAT : null;
  }

  farewell(): Farewell {
    return SERVICE_RESTART;
  }
}

function isAuthenticate(fields: Fields | null): boolean {
  return fields?.type === AUTHENTICATE && typeof fields.token === "string";
}

function isAuthenticated(fields: Fields | null): boolean {
  return fields?.type === "authenticated";
}

function isChannelId(value: unknown): value is string {
  return typeof value === "string" && CHANNEL_ID.test(value);
}
