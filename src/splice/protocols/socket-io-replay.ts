// Makes a new upstream know a Socket.IO client: its open packet, then a CONNECT for each namespace.
//
//   begin ─▶ opening ── `0{…}` ─▶ joining ── the last `40…` ─▶ done
//              │                    │
//              └── anything else    └── CONNECT_ERROR, close ─▶ failed
//
// The client has had such answers, and gets none again: socket.io-client ignores a second open packet, and runs its
// `connect` handlers on a second CONNECT. Whatever else the new upstream says meanwhile is for the client.

import { failed, type Message, type Replay, type ReplayStep, SWALLOW } from "../protocol.ts";
import type { Namespaces } from "./socket-io-namespaces.ts";
import { type Packet, PING, PONG, readPacket, readPayload, type SocketPacket } from "./socket-io-packet.ts";

/** The conversation, as its replay sees it. */
export interface Replayed {
  readonly namespaces: Namespaces;
  readonly rerunConnect: boolean;
  /** Null: the client has had no open packet. */
  patienceMs(): number | null;
  /** On its way to the client. */
  onUpstreamMessage(message: Message): void;
  /** From now on the client may answer to what the new upstream has asked. */
  opened(): void;
  done(): void;
}

export class SocketIoReplay implements Replay {
  readonly #client: Replayed;
  /** The namespaces whose answer has not come; null: the open packet has not. */
  #awaited: Set<string> | null = null;

  constructor(client: Replayed) {
    this.#client = client;
  }

  begin(): ReplayStep {
    return SWALLOW;
  }

  onUpstreamMessage(message: Message): ReplayStep {
    const packet = readPacket(message);
    if (this.#awaited === null) return this.#open(packet, message);
    switch (packet.kind) {
      case "ping":
        // The client is busy with the pings of the wait.
        return { ...SWALLOW, toUpstream: [PONG] };
      case "open":
      case "pong":
      case "upgrade":
      case "noop":
        return SWALLOW;
      case "close":
        return failed("the new upstream closed the Engine.IO session");
      case "connect":
        return this.#join(packet, message);
      case "connect-error":
        return this.#refuse(packet, message);
      case "disconnect":
        return this.#settle(packet.namespace, [message]);
      case "event":
      case "ack":
      case "attachment":
      case "foreign":
        this.#client.onUpstreamMessage(message);
        return { ...SWALLOW, toClient: [message] };
    }
  }

  #open(packet: Packet, message: Message): ReplayStep {
    const session = packet.kind === "open" ? readOpening(message) : null;
    if (session === null) return failed("the new upstream did not open an Engine.IO 4 session");
    const patienceMs = this.#client.patienceMs();
    // The client keeps the times that it was told first, and would leave between two pings.
    if (patienceMs !== null && session.intervalMs >= patienceMs) {
      return failed(
        `the new upstream pings every ${session.intervalMs} ms, the client waits ${patienceMs} ms`,
      );
    }
    if (patienceMs === null) this.#client.onUpstreamMessage(message);
    this.#client.opened();
    this.#awaited = new Set(this.#client.namespaces.names());
    const toUpstream = this.#client.namespaces.connects();
    // The new upstream's first ping is an interval away: one move soon after the other, and none would ever come.
    return this.#step(this.#awaited, toUpstream, [patienceMs === null ? message : PING]);
  }

  #join(packet: SocketPacket, message: Message): ReplayStep {
    const isNews = !this.#client.namespaces.isJoined(packet.namespace);
    return this.#settle(packet.namespace, isNews || this.#client.rerunConnect ? [message] : [], message);
  }

  /** One that the client itself still waits for is its own affair. */
  #refuse(packet: SocketPacket, message: Message): ReplayStep {
    if (!this.#client.namespaces.isJoined(packet.namespace)) return this.#settle(packet.namespace, [message]);
    return failed(`the new upstream refused the namespace ${packet.namespace}`);
  }

  #settle(namespace: string, toClient: Message[], seen = toClient[0]): ReplayStep {
    if (seen !== undefined) this.#client.onUpstreamMessage(seen);
    const awaited = this.#awaited ?? new Set();
    awaited.delete(namespace);
    return this.#step(awaited, [], toClient);
  }

  #step(awaited: ReadonlySet<string>, toUpstream: Message[], toClient: Message[]): ReplayStep {
    if (awaited.size > 0) return { toUpstream, toClient, state: "more" };
    this.#client.done();
    return { toUpstream, toClient, state: "done" };
  }
}

export interface Opening {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

/** The heartbeat that an open packet announces; null: it does not. */
export function readOpening(message: Message): Opening | null {
  const payload = readPayload(message, 1);
  const [intervalMs, timeoutMs] = [payload?.["pingInterval"], payload?.["pingTimeout"]];
  return isDuration(intervalMs) && isDuration(timeoutMs) ? { intervalMs, timeoutMs } : null;
}

function isDuration(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
