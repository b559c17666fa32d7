// STOMP 1.0 to 1.2 over plain WebSocket.
//
//   unanswered ──CONNECTED──▶ free ◀──────▶ busy: a transaction, receipt or message open, within a frame
//                               │ moved
//                               ▼
//   replay: begin ──CONNECT──▶ connecting ──CONNECTED, SUBSCRIBEs──▶ done
//                                  └── ERROR, or another version or heartbeat ──▶ failed
//
// Whether a SUBSCRIBE is refused shows in an ERROR behind it, which the client hears. The old server needs no goodbye: it tells
// nobody of an end without DISCONNECT, and a DISCONNECT could make it close before all that it had to say is said.

import {
  type Conversation,
  DONE,
  failed,
  type Handshake,
  type Heartbeat,
  IGNORE,
  KEEP,
  type Message,
  type Protocol,
  type Recognition,
  type Replay,
  type ReplayStep,
  SERVICE_RESTART,
  SWALLOW,
  type WhileWaiting,
} from "../protocol.ts";
import { textMessage } from "../message.ts";
import { type Frame, FrameScanner } from "./stomp-frames.ts";
import { StompSession } from "./stomp-session.ts";

export const stomp: Protocol = {
  name: "stomp",
  recognise: ({ subprotocol }: Handshake): Recognition =>
    ["v10.stomp", "v11.stomp", "v12.stomp"].includes(subprotocol ?? "") ? "yes" : "no",
  start: () => new StompConversation(),
};

const SHORTEST_BEAT_MS = 100;

class StompConversation implements Conversation {
  readonly #session = new StompSession();
  readonly #fromClient = new FrameScanner();
  readonly #fromUpstream = new FrameScanner();
  /** Of what is kept, and will come to `onClientMessage` when it is sent. */
  #kept = new FrameScanner();

  onClientMessage(message: Message): void {
    for (const frame of this.#fromClient.scan(message)) this.#session.onClientFrame(frame);
  }

  onUpstreamMessage(message: Message): void {
    for (const frame of this.#fromUpstream.scan(message)) this.#session.onUpstreamFrame(frame);
  }

  obstacle(): string | null {
    if (this.#fromClient.isBroken || this.#fromUpstream.isBroken) return "it does not speak STOMP";
    if (!this.#fromClient.isBetweenFrames) return "the client is within a frame";
    if (!this.#fromUpstream.isBetweenFrames) return "the server is within a frame";
    return this.#session.obstacle();
  }

  unfinished(): "client" | "upstream" | null {
    if (!this.#fromClient.isBetweenFrames) return "client";
    return this.#fromUpstream.isBetweenFrames ? this.#session.unfinished() : "upstream";
  }

  replay(): Replay {
    return new StompReplay(
      this.#session,
      (message) => this.onUpstreamMessage(message),
      () => (this.#kept = new FrameScanner()),
    );
  }

  whileWaiting(message: Message): WhileWaiting {
    const isOutside = this.#kept.isBetweenFrames;
    this.#kept.scan(message);
    // A heartbeat: an EOL, or some.
    return isOutside && this.#kept.isBetweenFrames && message.data.every(isEol) ? IGNORE : KEEP;
  }

  heartbeat(): Heartbeat | null {
    const beatMs = this.#session.serverBeatMs();
    if (beatMs === 0) return null;
    // Twice as often as agreed: the last word of the old server may have been a whole interval ago.
    return { everyMs: Math.max(SHORTEST_BEAT_MS, Math.floor(beatMs / 2)), message: textMessage("\n") };
  }

  farewell() {
    return SERVICE_RESTART;
  }
}

class StompReplay implements Replay {
  readonly #session: StompSession;
  readonly #onPassed: (message: Message) => void;
  readonly #onDone: () => void;
  readonly #scanner = new FrameScanner();
  #isOver = false;

  constructor(session: StompSession, onPassed: (message: Message) => void, onDone: () => void) {
    this.#session = session;
    this.#onPassed = onPassed;
    this.#onDone = onDone;
  }

  begin(): ReplayStep {
    const { connect, connected } = this.#session;
    if (connect !== null && connected !== null) return { ...SWALLOW, toUpstream: [asText(connect)] };
    return this.#done(DONE);
  }

  onUpstreamMessage(message: Message): ReplayStep {
    if (this.#isOver) return failed("the replay is over");
    const [first] = this.#scanner.scan(message);
    if (this.#scanner.isBroken) return this.#failed("the server has answered with something else than STOMP");
    if (first === undefined) return SWALLOW;
    const refusal = this.#refusal(first);
    if (refusal !== null) return this.#failed(refusal);
    const rest = message.data.subarray(first.end);
    const toClient = rest.length > 0 ? [{ data: rest, isBinary: message.isBinary }] : [];
    for (const each of toClient) this.#onPassed(each);
    return this.#done({ toUpstream: this.#session.subscribes().map(asText), toClient, state: "done" });
  }

  #refusal({ command, headers }: Frame): string | null {
    const before = this.#session.connected;
    if (command === "ERROR") return "the server has refused the client";
    if (command !== "CONNECTED") return "the server has not answered with CONNECTED";
    const other = ["version", "heart-beat"].find((name) => before?.get(name) !== headers.get(name));
    return other === undefined ? null : `the server's ${other} is another one`;
  }

  #done(step: ReplayStep): ReplayStep {
    this.#isOver = true;
    this.#onDone();
    return step;
  }

  #failed(reason: string): ReplayStep {
    this.#isOver = true;
    return failed(reason);
  }
}

function asText(data: Buffer): Message {
  return { data, isBinary: false };
}

function isEol(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}
