// An app's own protocol, as the operator describes it.
//
//   replay    what a new upstream must hear: the first n messages of the client, or each one that matches (one that is
//             said again counts once, at its last place)
//   swallow   the answers to it, which the client has had: the first n messages of an upstream, or those that match.
//             Never more than the client has had: an answer that is still due goes on to it. With `match`, no more
//             than were replayed, and what comes between them goes on; it shows, too, that the new upstream takes the
//             client, because it is waited for. With `first`, a refusal would be swallowed like an answer.
//   heartbeat what the upstream says by itself, for clients that wait for it
//
// Patterns are those of glob.ts. Binary messages and texts over 64 KiB match none.

import { Glob, LONGEST_MATCHED_BYTES } from "../glob.ts";
import { textMessage, textOf } from "../message.ts";
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

/** Validated: `first` is a whole number from 1 to 100, `match` has 1 to 256 characters. */
export type CustomSelection = { readonly first: number } | { readonly match: string };

export interface CustomSettings {
  readonly replay: CustomSelection | null;
  readonly swallow: CustomSelection | null;
  /** At least 1 s, and at most 4 KiB of text. */
  readonly heartbeat: { readonly everyMs: number; readonly message: string } | null;
}

const MOST_REPLAYED = 256;

/** Of one side's messages, whether this one is meant; called for each, in order. */
type Selector = (message: Message) => boolean;

export function customProtocol(settings: CustomSettings): Protocol {
  return { name: "custom", recognise: () => "no", start: () => new CustomConversation(settings) };
}

class CustomConversation implements Conversation {
  readonly #settings: CustomSettings;
  readonly #isReplayed: Selector;
  readonly #isAnswer: Selector;
  readonly #replayed = new Remembered<string>();
  #clientMessages = 0;
  #answers = 0;
  #tooMany = false;

  constructor(settings: CustomSettings) {
    this.#settings = settings;
    this.#isReplayed = selectorOf(settings.replay);
    this.#isAnswer = selectorOf(settings.swallow);
  }

  onClientMessage(message: Message): void {
    this.#clientMessages += 1;
    if (!this.#isReplayed(message)) return;
    const key = this.#keyOf(message);
    if (this.#replayed.keys().length >= MOST_REPLAYED && !this.#replayed.has(key)) this.#tooMany = true;
    if (!this.#tooMany) this.#replayed.put(key, message);
  }

  onUpstreamMessage(message: Message): void {
    if (this.#isAnswer(message)) this.#answers += 1;
  }

  #keyOf(message: Message): string {
    const { replay } = this.#settings;
    return replay !== null && "match" in replay ? message.data.toString() : String(this.#clientMessages);
  }

  obstacle(): string | null {
    if (this.#tooMany) return `a new upstream would have to hear more than ${MOST_REPLAYED} messages`;
    return this.#replayed.obstacle();
  }

  replay(): Replay {
    const toUpstream = this.#replayed.messages();
    const { swallow } = this.#settings;
    const isAnswer = selectorOf(swallow);
    const most = swallow !== null && "match" in swallow ? toUpstream.length : this.#answers;
    let due = Math.min(this.#answers, most);
    const state = () => (due > 0 ? "more" : "done");
    return {
      begin: () => ({ toUpstream, toClient: [], state: state() }),
      onUpstreamMessage: (message): ReplayStep => {
        const swallowed = isAnswer(message);
        if (swallowed) due -= 1;
        return { toUpstream: [], toClient: swallowed ? [] : [message], state: state() };
      },
    };
  }

  whileWaiting(): WhileWaiting {
    return KEEP;
  }

  heartbeat(): Heartbeat | null {
    const { heartbeat } = this.#settings;
    return heartbeat && { everyMs: heartbeat.everyMs, message: textMessage(heartbeat.message) };
  }

  farewell(): Farewell {
    return SERVICE_RESTART;
  }
}

function selectorOf(selection: CustomSelection | null): Selector {
  if (selection === null) return () => false;
  if ("match" in selection) return matching(new Glob(selection.match));
  let left = selection.first;
  return () => {
    left -= 1;
    return left >= 0;
  };
}

function matching(glob: Glob): Selector {
  return (message) => {
    if (message.data.length > LONGEST_MATCHED_BYTES) return false;
    const text = textOf(message);
    return text !== null && glob.matches(text);
  };
}
