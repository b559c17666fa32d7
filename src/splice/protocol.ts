// What a protocol inside a WebSocket tells about itself, so that its tunnels can be moved to another upstream while
// the client's socket stays open. One protocol is one file in protocols/; it only reads and makes messages, and knows
// nothing of sockets, holds or timers.
//
//                          ┌── obstacle() ──▶ farewell(): the client is asked to come back
//   start() ─▶ under way ──┤
//                          └── left alone ──▶ waiting ──▶ replay() ──▶ done: under way again
//                                               ▲            │
//                                               └── failed ──┴──▶ or farewell()
//
// While it is under way every message passes `onClientMessage` or `onUpstreamMessage` on its way, and goes on as it
// came. While it waits, `whileWaiting` sees what the client says; what is kept is sent behind the replay.

import { CloseCode } from "../lib/close-codes.ts";

/** A whole message, its fragments joined and its compression undone. */
export interface Message {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** The client's opening handshake, as far as a protocol shows in it. */
export interface Handshake {
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The one that the upstream has chosen; null: none. */
  readonly subprotocol: string | null;
}

/** The first message of each side; null: none has come yet. */
export interface FirstMessages {
  readonly client: Message | null;
  readonly upstream: Message | null;
}

/** `later`: it shows in a first message that has not come. */
export type Recognition = "yes" | "no" | "later";

export interface Protocol {
  /** As `websocket.protocol` in the configuration has it. */
  readonly name: string;
  recognise(handshake: Handshake, first: FirstMessages): Recognition;
  /** Of one tunnel, before its first message. */
  start(handshake: Handshake): Conversation;
  /** The query for a new upstream's handshake; without it, or null: as the client sent it, byte for byte. */
  redialQuery?(handshake: Handshake): URLSearchParams | null;
}

/** One tunnel's state, bounded: what would make it larger becomes an obstacle instead. */
export interface Conversation {
  /**
   * Asked before `onClientMessage`, which does not see such a message: the answer to a heartbeat of the gateway's own,
   * which came when the wait was over and does not go on. Without it: nothing is.
   */
  swallows?(message: Message): boolean;
  onClientMessage(message: Message): void;
  onUpstreamMessage(message: Message): void;
  /** Why it cannot be moved now, for a log line; null: it can. */
  obstacle(): string | null;
  /**
   * Whose next messages would end what a move tears: a packet in parts, an answer that the other side waits for. A
   * planned move reads that side a moment longer; what stays unfinished shows in `obstacle`. Without it, or null: none.
   */
  unfinished?(): "client" | "upstream" | null;
  /** What makes a new upstream know this client. A new one for each try; those before are void. */
  replay(): Replay;
  /** What the client says while there is no upstream. */
  whileWaiting(message: Message): WhileWaiting;
  /** What the upstream would say to a client by itself, and must not be missed; null: nothing. */
  heartbeat(): Heartbeat | null;
  /** How the client is asked to come back; it is not done to one that can be moved. */
  farewell(): Farewell;
  /**
   * What the old upstream hears before the Close of a planned move, or of a farewell, lest it takes the Close for the
   * client's death and tells others; without it, or empty: the Close says all.
   */
  goodbye?(): readonly Message[];
}

export interface Replay {
  /** Once, right behind the new handshake. */
  begin(): ReplayStep;
  /** Each message of the new upstream until it is `done` or `failed`. */
  onUpstreamMessage(message: Message): ReplayStep;
}

export interface ReplayStep {
  readonly toUpstream: readonly Message[];
  readonly toClient: readonly Message[];
  /** `done`: messages flow both ways from now on. */
  readonly state: "more" | "done" | { readonly failed: string };
}

export interface WhileWaiting {
  /** Sent behind the replay, in order. */
  readonly keep: boolean;
  /** What the upstream would have answered by itself: to a heartbeat. */
  readonly answers: readonly Message[];
}

export interface Heartbeat {
  readonly everyMs: number;
  readonly message: Message;
}

export interface Farewell {
  /** Before the Close frame. */
  readonly messages: readonly Message[];
  readonly code: number;
  readonly reason: string;
}

/** Of what a new upstream must hear, for one tunnel. */
export const MOST_REMEMBERED_BYTES = 64 * 1024;

/** Clients take it for a reason to come back; 1000, 1008, 1011 and 4xxx are final to some. */
export const SERVICE_RESTART: Farewell = {
  messages: [],
  code: CloseCode.serviceRestart,
  reason: "service restart",
};

export const KEEP: WhileWaiting = { keep: true, answers: [] };
export const IGNORE: WhileWaiting = { keep: false, answers: [] };
export const DONE: ReplayStep = { toUpstream: [], toClient: [], state: "done" };
/** What came was an answer to the replay, which the client has had already. */
export const SWALLOW: ReplayStep = { toUpstream: [], toClient: [], state: "more" };

export function failed(reason: string): ReplayStep {
  return { toUpstream: [], toClient: [], state: { failed: reason } };
}
