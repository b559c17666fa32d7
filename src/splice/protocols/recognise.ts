// Which protocol a tunnel speaks: the one that the configuration names or, for `auto`, the one that shows.
//
//   undecided ── a protocol says yes ─────────▶ recognised
//       └─────── none says yes or later ──────▶ unknown: its client is brought back, never moved
//
// Many show in the first message of a side only. Until then each that may be it follows the conversation from its start.

import {
  type Conversation,
  type FirstMessages,
  type Handshake,
  type Message,
  MOST_REMEMBERED_BYTES,
  type Protocol,
  type Recognition,
} from "../protocol.ts";
import { actioncable } from "./actioncable.ts";
import { chatalot } from "./chatalot.ts";
import { firstMessage } from "./first-message.ts";
import { graphqlTransportWs } from "./graphql-transport-ws.ts";
import { mattermost } from "./mattermost.ts";
import { mqtt } from "./mqtt.ts";
import { phoenix } from "./phoenix.ts";
import { plain } from "./plain.ts";
import { signalr } from "./signalr.ts";
import { socketIo } from "./socket-io.ts";
import { sockjs } from "./sockjs.ts";
import { stomp } from "./stomp.ts";
import { xmpp } from "./xmpp.ts";

/** Where two say yes, the first one is right: a subprotocol says more than a query or a path, and that than a message. */
export const PROTOCOLS: readonly Protocol[] = [
  actioncable,
  graphqlTransportWs,
  stomp,
  mqtt,
  xmpp,
  socketIo,
  phoenix,
  mattermost,
  sockjs,
  signalr,
  chatalot,
  firstMessage,
  plain,
];

/** Null: there is no such protocol; or it is `auto`, for the Recogniser, or `custom`, which needs its description. */
export function protocolNamed(name: string, protocols: readonly Protocol[] = PROTOCOLS): Protocol | null {
  return protocols.find((protocol) => protocol.name === name) ?? null;
}

export type Outcome =
  /** What is moved now cannot be spliced, and is brought back like the unknown. */
  | { name: "undecided" }
  /** From now on the conversation is to be told of the messages, and not the Recogniser. */
  | { name: "recognised"; protocol: Protocol; conversation: Conversation }
  | { name: "unknown" };

interface Candidate {
  readonly protocol: Protocol;
  readonly conversation: Conversation;
  readonly recognition: Recognition;
}

/** Of one tunnel; it is told of its messages until it knows. */
export class Recogniser {
  readonly #handshake: Handshake;
  #first: FirstMessages = { client: null, upstream: null };
  #candidates: readonly Candidate[];

  /** `protocols`: PROTOCOLS, or with some of them made with other options. */
  constructor(handshake: Handshake, protocols: readonly Protocol[] = PROTOCOLS) {
    this.#handshake = handshake;
    this.#candidates = protocols.flatMap((protocol) => this.#consider(protocol) ?? []);
  }

  #consider(protocol: Protocol): Candidate | null {
    const recognition = protocol.recognise(this.#handshake, this.#first);
    if (recognition === "no") return null;
    return { protocol, recognition, conversation: protocol.start(this.#handshake) };
  }

  get outcome(): Outcome {
    const [candidate] = this.#candidates;
    if (candidate === undefined) return { name: "unknown" };
    const found = this.#candidates.find(({ recognition }) => recognition === "yes");
    if (found === undefined) return { name: "undecided" };
    return { name: "recognised", protocol: found.protocol, conversation: found.conversation };
  }

  onClientMessage(message: Message): Outcome {
    if (this.#first.client === null) this.#look({ ...this.#first, client: shortened(message) });
    for (const { conversation } of this.#candidates) conversation.onClientMessage(message);
    return this.outcome;
  }

  onUpstreamMessage(message: Message): Outcome {
    if (this.#first.upstream === null) this.#look({ ...this.#first, upstream: shortened(message) });
    for (const { conversation } of this.#candidates) conversation.onUpstreamMessage(message);
    return this.outcome;
  }

  #look(first: FirstMessages): void {
    this.#first = first;
    const areBothHere = first.client !== null && first.upstream !== null;
    this.#candidates = this.#candidates.flatMap((candidate) => {
      const recognition = candidate.protocol.recognise(this.#handshake, first);
      return recognition === "no" || (recognition === "later" && areBothHere)
        ? []
        : [{ ...candidate, recognition }];
    });
  }
}

/** It is kept until the other side has spoken. No protocol begins with a message that could not be remembered. */
function shortened(message: Message): Message {
  return message.data.length <= MOST_REMEMBERED_BYTES ? message : { ...message, data: Buffer.alloc(0) };
}
