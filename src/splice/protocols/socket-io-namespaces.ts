// The Socket.IO namespaces that one client has joined: how it joined them, what it waits for, and how far the
// broadcasts have come (connection state recovery). Bounded: what would make it larger becomes an obstacle instead.
//
//   client: CONNECT ─▶ asked ── upstream: CONNECT ─▶ joined ── DISCONNECT of either, or CONNECT_ERROR ─▶ forgotten

import type { Message } from "../protocol.ts";
import { Remembered } from "../remembered.ts";
import { connectMessage, readOffset, readPayload, type SocketPacket } from "./socket-io-packet.ts";

const MOST_NAMESPACES = 128;
const MOST_AWAITED = 1024;
/** Servers make 20 bytes. */
const LONGEST_PID = 256;

interface Namespace {
  readonly connect: Message;
  readonly payloadAt: number;
  isJoined: boolean;
  /** The session's secret name, of a server that recovers connections. */
  pid: string | null;
  /** The last broadcast that the client has had. */
  offset: string | null;
  /** Ids of the emits whose acknowledgement has not come. */
  readonly awaited: Set<number>;
}

export class Namespaces {
  readonly #connects = new Remembered<string>();
  readonly #all = new Map<string, Namespace>();
  #isOverfull = false;

  ask(packet: SocketPacket, message: Message): void {
    const { namespace, payloadAt } = packet;
    this.forget(namespace);
    if (this.#all.size >= MOST_NAMESPACES) this.#isOverfull = true;
    if (this.#isOverfull) return;
    this.#connects.put(namespace, message);
    if (!this.#connects.has(namespace)) return;
    const offset = recovery(readPayload(message, payloadAt))?.offset ?? null;
    const session = { isJoined: false, pid: null, offset, awaited: new Set<number>() };
    this.#all.set(namespace, { connect: message, payloadAt, ...session });
  }

  join({ namespace, payloadAt }: SocketPacket, message: Message): void {
    const joined = this.#all.get(namespace);
    if (joined === undefined) return;
    const pid = readPayload(message, payloadAt)?.["pid"];
    joined.isJoined = true;
    joined.pid = typeof pid === "string" && pid.length <= LONGEST_PID ? pid : null;
  }

  forget(namespace: string): void {
    this.#connects.delete(namespace);
    this.#all.delete(namespace);
  }

  /** The client has emitted. */
  await({ namespace, id }: SocketPacket): void {
    const emitter = this.#all.get(namespace);
    if (id === null || emitter === undefined) return;
    if (this.awaited() >= MOST_AWAITED) this.#isOverfull = true;
    if (!this.#isOverfull) emitter.awaited.add(id);
  }

  acknowledge({ namespace, id }: SocketPacket): void {
    if (id !== null) this.#all.get(namespace)?.awaited.delete(id);
  }

  /** Those who would have acknowledged are gone. */
  awaitNoMore(): void {
    for (const { awaited } of this.#all.values()) awaited.clear();
  }

  /** The upstream has emitted. The client's library counts the same way: never by what it must acknowledge. */
  count({ namespace, id }: SocketPacket, message: Message): void {
    const counting = this.#all.get(namespace);
    if (counting === undefined || id !== null) return;
    // Missed broadcasts come before the CONNECT that has the `pid`.
    if (counting.pid === null && counting.offset === null) return;
    const offset = readOffset(message);
    if (offset !== undefined) counting.offset = offset;
  }

  awaited(): number {
    let sum = 0;
    for (const { awaited } of this.#all.values()) sum += awaited.size;
    return sum;
  }

  isJoined(namespace: string): boolean {
    return this.#all.get(namespace)?.isJoined ?? false;
  }

  names(): string[] {
    return [...this.#all.keys()];
  }

  connects(): Message[] {
    return [...this.#all].map(([name, namespace]) => connectAgain(name, namespace));
  }

  obstacle(): string | null {
    if (this.#isOverfull) return "it has joined, or waits for, more than can be followed";
    return this.#connects.obstacle();
  }
}

/**
 * As the client itself would come back: with the session and the place in it that hold now. Those that it came with the
 * last time are stale: a server that still knows them would send again what the client has had.
 */
function connectAgain(name: string, { connect, payloadAt, isJoined, pid, offset }: Namespace): Message {
  const auth = readPayload(connect, payloadAt) ?? {};
  const stale = recovery(auth);
  if (!isJoined || (stale === null && pid === null)) return connect;
  if (stale !== null) {
    delete auth["pid"];
    delete auth["offset"];
  }
  const current = pid === null || offset === null ? {} : { pid, offset };
  return connectMessage(name, { ...current, ...auth });
}

/** Null: the client asks for none; servers want both, as texts. An app's own `pid` comes without an `offset`. */
function recovery(auth: Record<string, unknown> | undefined): { offset: string } | null {
  const isAsked = typeof auth?.["pid"] === "string" && typeof auth["offset"] === "string";
  return isAsked ? { offset: String(auth["offset"]) } : null;
}
