// One Socket.IO client's tunnel, as far as a new upstream must hear of it.
//
//   sid in the query:  probing ── client: `5` ──┐
//   none:              unopened ── `0{…}` ──────┴─▶ open: CONNECTs are recorded, packets counted off
//
// While it waits nothing of this changes: what the client says about namespaces and acknowledgements then is kept, is
// sent behind the replay, and only counts from there.

import {
  type Conversation,
  type Farewell,
  type Heartbeat,
  IGNORE,
  KEEP,
  type Message,
  type Replay,
  SERVICE_RESTART,
  type WhileWaiting,
} from "../protocol.ts";
import { Namespaces } from "./socket-io-namespaces.ts";
import { type Packet, PING, readPacket, type SocketPacket } from "./socket-io-packet.ts";
import { type Opening, readOpening, SocketIoReplay } from "./socket-io-replay.ts";

export interface SocketIoOptions {
  /** The client hears of each namespace's new session, and runs its `connect` handlers again. */
  readonly rerunConnect: boolean;
  /** A client is moved though it waits for acknowledgements, which do not come then. */
  readonly loseAcks: boolean;
}

export const SOCKET_IO_DEFAULTS: SocketIoOptions = { rerunConnect: false, loseAcks: false };

/** Kept and not counted yet. */
const MOST_LATER = 1024;

export class SocketIoConversation implements Conversation {
  #options: SocketIoOptions;
  readonly #namespaces = new Namespaces();
  readonly #fromClient = new Parts();
  readonly #fromUpstream = new Parts();
  #state: "unopened" | "probing" | "open" = "unopened";
  /** Known of the open packet that the client has had; it keeps to the first. */
  #opening: Opening | null = null;
  /** CONNECTs were said where they could not be heard. */
  #isIncomplete = false;
  #isForeign = false;
  /** Pings of this upstream that the client has not answered; null: the client has had no others. */
  #pings: number | null = null;
  #wait: Wait | null = null;

  constructor(options = SOCKET_IO_DEFAULTS) {
    this.#options = options;
  }

  /** The tunnel is to take over from HTTP long-polling, by which the client has been opened. */
  probe(options: SocketIoOptions): void {
    this.#options = options;
    if (this.#state === "unopened") this.#isIncomplete = true;
    this.#state = "probing";
  }

  /** What is still said by long-polling is not seen any more. */
  endPolling(): void {
    if (this.#state === "probing") this.#isIncomplete = true;
  }

  /** Servers take one pong too many for a reason to ping twice as often (python-engineio). */
  swallows(message: Message): boolean {
    return this.#pings === 0 && readPacket(message).kind === "pong";
  }

  onClientMessage(message: Message): void {
    const packet = readPacket(message);
    if (packet.kind === "pong" && this.#pings !== null && this.#pings > 0) this.#pings -= 1;
    this.#countOff(this.#fromClient, packet);
    if (packet.kind === "upgrade" && this.#state === "probing") this.#state = "open";
    if ("namespace" in packet) this.#onClientPacket(packet, message);
  }

  onUpstreamMessage(message: Message): void {
    const packet = readPacket(message);
    this.#countOff(this.#fromUpstream, packet);
    if (packet.kind === "ping" && this.#pings !== null) this.#pings += 1;
    if (packet.kind === "open" && this.#state === "unopened") this.#open(message);
    if ("namespace" in packet) this.#onUpstreamPacket(packet, message);
  }

  obstacle(): string | null {
    if (this.#state === "probing") return "its upgrade from HTTP long-polling is not complete";
    if (this.#isIncomplete)
      return "it joined its namespaces by HTTP long-polling, where they were not recorded";
    if (this.#isForeign) return "it speaks another packet format than Socket.IO's own";
    if (this.#tornSide() !== null) return "it is in the middle of a packet with attachments";
    if (this.#wait?.isOverfull ?? false) return "more has happened while it waited than can be followed";
    return this.#namespaces.obstacle() ?? this.#ackObstacle();
  }

  unfinished(): "client" | "upstream" | null {
    const torn = this.#tornSide();
    if (torn !== null) return torn;
    // The upgrade takes a few messages, and is the client's to end.
    if (this.#state === "probing" && !this.#isIncomplete) return "client";
    return this.#ackObstacle() === null ? null : "upstream";
  }

  replay(): Replay {
    const wait = this.#waiting();
    wait.isHeard = false;
    return new SocketIoReplay({
      namespaces: this.#namespaces,
      rerunConnect: this.#options.rerunConnect,
      patienceMs: () => this.#patienceMs(),
      onUpstreamMessage: (message) => this.onUpstreamMessage(message),
      opened: () => (wait.isHeard = true),
      done: () => this.#arrive(wait),
    });
  }

  whileWaiting(message: Message): WhileWaiting {
    const packet = readPacket(message);
    const wait = this.#waiting();
    if (packet.kind === "attachment") {
      this.#countOff(this.#fromClient, packet);
      return wait.dropsParts ? IGNORE : KEEP;
    }
    // Of the Engine.IO session that is gone: answers to heartbeats, above all.
    if (!("namespace" in packet)) return packet.kind === "foreign" ? this.#keepForeign() : IGNORE;
    this.#countOff(this.#fromClient, packet);
    // It answers the old upstream; the new one may have asked something else by the same id.
    wait.dropsParts = packet.kind === "ack" && !wait.isHeard;
    if (wait.dropsParts) return IGNORE;
    if (packet.kind !== "event" || packet.id !== null) wait.later(packet, message);
    return KEEP;
  }

  /**
   * The client gives up when no ping has come for interval and timeout together. The last one may be a whole interval
   * old when the wait begins, and the next upstream's first is an interval away when it ends.
   */
  heartbeat(): Heartbeat | null {
    if (this.#opening === null) return null;
    const { intervalMs, timeoutMs } = this.#opening;
    return { everyMs: Math.min(intervalMs, timeoutMs / 2), message: PING };
  }

  /** The library comes back after any Close, and a probe that ends leaves the client with its long-polling. */
  farewell(): Farewell {
    return SERVICE_RESTART;
  }

  #open(message: Message): void {
    this.#state = "open";
    this.#opening = readOpening(message);
  }

  #onClientPacket(packet: SocketPacket, message: Message): void {
    if (packet.kind === "connect") this.#namespaces.ask(packet, message);
    if (packet.kind === "disconnect") this.#namespaces.forget(packet.namespace);
    if (packet.kind === "event" && !this.#options.loseAcks) this.#namespaces.await(packet);
  }

  #onUpstreamPacket(packet: SocketPacket, message: Message): void {
    switch (packet.kind) {
      case "connect":
        return this.#namespaces.join(packet, message);
      case "disconnect":
      case "connect-error":
        return this.#namespaces.forget(packet.namespace);
      case "event":
        return this.#namespaces.count(packet, message);
      case "ack":
        return this.#namespaces.acknowledge(packet);
    }
  }

  #countOff(parts: Parts, packet: Packet): void {
    if (!parts.take(packet)) this.#isForeign = true;
  }

  /** What is kept is whole for the new upstream, whatever is still to come. */
  #tornSide(): "client" | "upstream" | null {
    if (this.#fromUpstream.left > 0) return "upstream";
    return (this.#wait?.isTorn ?? this.#fromClient.left > 0) ? "client" : null;
  }

  /**
   * An emit whose acknowledgement is lost stays unanswered for ever, and stops a client that sends one after the other
   * (`retries`); after a disconnect it is told so, and sends again.
   */
  #ackObstacle(): string | null {
    const awaited = this.#options.loseAcks ? 0 : this.#namespaces.awaited();
    return awaited === 0 ? null : `it waits for acknowledgements of ${awaited} of its emits`;
  }

  #patienceMs(): number | null {
    if (this.#state === "unopened") return null;
    return this.#opening === null ? Infinity : this.#opening.intervalMs + this.#opening.timeoutMs;
  }

  #keepForeign(): WhileWaiting {
    this.#isForeign = true;
    return KEEP;
  }

  #waiting(): Wait {
    this.#wait ??= new Wait(this.#fromClient.left > 0);
    return this.#wait;
  }

  #arrive(wait: Wait): void {
    this.#wait = null;
    this.#pings = 0;
    this.#namespaces.awaitNoMore();
    for (const { packet, message } of wait.kept) this.#onClientPacket(packet, message);
  }
}

class Wait {
  /** The old upstream has had the beginning of a packet, and the rest came too late for it. */
  readonly isTorn: boolean;
  readonly kept: { packet: SocketPacket; message: Message }[] = [];
  isOverfull = false;
  /** The attachments to come belong to a packet that was dropped. */
  dropsParts = false;
  /** A new upstream has opened, and may have asked the client already. */
  isHeard = false;

  constructor(isTorn: boolean) {
    this.isTorn = isTorn;
  }

  later(packet: SocketPacket, message: Message): void {
    if (this.kept.length >= MOST_LATER) this.isOverfull = true;
    else this.kept.push({ packet, message });
  }
}

/** The attachments of one side's packet that have not come. */
class Parts {
  left = 0;

  /** False: an attachment of nothing, or a packet of another format. */
  take(packet: Packet): boolean {
    if (packet.kind === "foreign") return false;
    if (packet.kind === "attachment" && this.left === 0) return false;
    if (packet.kind === "attachment") this.left -= 1;
    else if ("namespace" in packet) this.left = packet.attachments;
    return true;
  }
}
