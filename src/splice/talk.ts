// What is spoken in one tunnel: a conversation that stands from the start, or one that is still being found out.

import {
  type Conversation,
  type Farewell,
  failed,
  type Handshake,
  type Heartbeat,
  KEEP,
  type Message,
  type Protocol,
  type Replay,
  SERVICE_RESTART,
  type WhileWaiting,
} from "./protocol.ts";
import { type Outcome, Recogniser } from "./protocols/recognise.ts";

/** The name of the protocol of a tunnel that cannot be told, or not yet. */
export const UNKNOWN_PROTOCOL = "unknown";

/** How the protocol of a tunnel is chosen: by its name in the configuration, or from these. */
export type ProtocolChoice = { named: Protocol } | { among: readonly Protocol[] };

export class Talk {
  #protocol: Protocol | null;
  #conversation: Conversation;
  #recogniser: Recogniser | null;

  constructor(handshake: Handshake, choice: ProtocolChoice) {
    if ("named" in choice) {
      this.#protocol = choice.named;
      this.#conversation = choice.named.start(handshake);
      this.#recogniser = null;
      return;
    }
    this.#protocol = null;
    this.#conversation = UNDECIDED;
    this.#recogniser = new Recogniser(handshake, choice.among);
    this.#take(this.#recogniser.outcome);
  }

  get protocol(): Protocol | null {
    return this.#protocol;
  }

  /** As the configuration has it; null: it is not known (yet). */
  get name(): string {
    return this.#protocol?.name ?? UNKNOWN_PROTOCOL;
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  onClientMessage(message: Message): void {
    if (this.#recogniser) this.#take(this.#recogniser.onClientMessage(message));
    else this.#conversation.onClientMessage(message);
  }

  onUpstreamMessage(message: Message): void {
    if (this.#recogniser) this.#take(this.#recogniser.onUpstreamMessage(message));
    else this.#conversation.onUpstreamMessage(message);
  }

  #take(outcome: Outcome): void {
    if (outcome.name === "undecided") return;
    this.#recogniser = null;
    if (outcome.name === "unknown") {
      this.#conversation = UNKNOWN;
      return;
    }
    this.#protocol = outcome.protocol;
    this.#conversation = outcome.conversation;
  }
}

const UNDECIDED = unmovable("what it speaks has not shown yet");
const UNKNOWN = unmovable("what it speaks is not known");

function unmovable(reason: string): Conversation {
  const step = failed(reason);
  return {
    onClientMessage() {},
    onUpstreamMessage() {},
    obstacle: () => reason,
    replay: (): Replay => ({ begin: () => step, onUpstreamMessage: () => step }),
    whileWaiting: (): WhileWaiting => KEEP,
    heartbeat: (): Heartbeat | null => null,
    farewell: (): Farewell => SERVICE_RESTART,
  };
}
