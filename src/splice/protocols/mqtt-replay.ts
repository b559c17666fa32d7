// Makes a new broker know an MQTT client.
//
//   begin ──CONNECT──▶ connecting ──CONNACK 0, session present──────────────────▶ done
//                          │  └─────CONNACK 0, no session──SUBSCRIBEs──▶ subscribing ──all SUBACKs──▶ done
//                          └─ anything else ──▶ failed ◀── one is refused ────────┘
//
// CONNACK and SUBACKs are swallowed: MQTT.js ends a connection on its second CONNACK. The rest goes to the client: retained
// messages come again, marked as such, as after each new subscription.

import { DONE, failed, type Message, type Replay, type ReplayStep, SWALLOW } from "../protocol.ts";
import { type ConnAck, type Connect, connectAgain, readCodes, readConnAck, readId } from "./mqtt-contents.ts";
import { type Packet, packetMessage, PacketScanner, type PacketSpan, PacketType } from "./mqtt-packets.ts";
import type { MqttSession } from "./mqtt-session.ts";

export class MqttReplay implements Replay {
  readonly #session: MqttSession;
  readonly #onPassed: (message: Message) => void;
  readonly #onDone: () => void;
  readonly #scanner = new PacketScanner();
  /** What must be granted, by the identifier of its SUBSCRIBE. */
  readonly #awaited = new Map<number, number>();
  /** Of a packet that goes on in the next message. */
  #openType: number | null = null;
  #state: "connecting" | "subscribing" | "over" = "connecting";

  /** `onPassed` hears what the client is given on the way. */
  constructor(session: MqttSession, onPassed: (message: Message) => void, onDone: () => void) {
    this.#session = session;
    this.#onPassed = onPassed;
    this.#onDone = onDone;
  }

  begin(): ReplayStep {
    const { connect, connAck } = this.#session;
    if (connect === null || connAck === null) return this.#done(DONE);
    return { ...SWALLOW, toUpstream: [packetMessage(connectAgain(connect, connAck))] };
  }

  onUpstreamMessage(message: Message): ReplayStep {
    if (this.#state === "over") return failed("the replay is over");
    const toUpstream: Message[] = [];
    const toClient: Buffer[] = [];
    for (const span of this.#scanner.scan(message)) {
      const refusal = this.#take(span, toUpstream);
      if (refusal !== null) return this.#failed(refusal);
      if (!isAnswer(span)) toClient.push(message.data.subarray(span.start, span.end));
    }
    if (this.#scanner.isBroken) return this.#failed("the broker has answered with something else than MQTT");
    return this.#step(toUpstream, Buffer.concat(toClient));
  }

  #step(toUpstream: Message[], passed: Buffer): ReplayStep {
    const toClient = passed.length > 0 ? [packetMessage(passed)] : [];
    for (const each of toClient) this.#onPassed(each);
    const isDone = this.#state === "subscribing" && this.#awaited.size === 0 && !this.#isInAnswer();
    const step: ReplayStep = { toUpstream, toClient, state: isDone ? "done" : "more" };
    return isDone ? this.#done(step) : step;
  }

  /** Why it has failed; null: it has not. */
  #take({ type, packet }: PacketSpan, toUpstream: Message[]): string | null {
    this.#openType = packet === null ? type : null;
    if (this.#state === "connecting") return this.#takeConnAck(type, packet, toUpstream);
    if (packet?.type === PacketType.suback) return this.#takeSubAck(packet);
    if (type === PacketType.disconnect) return "the broker has said DISCONNECT";
    return null;
  }

  #takeConnAck(type: number, packet: Packet | null, toUpstream: Message[]): string | null {
    const { connect, connAck } = this.#session;
    if (connect === null || connAck === null) return "there is nothing to repeat";
    if (type !== PacketType.connack) return "the broker has not answered with a CONNACK";
    if (packet === null) return null;
    const answer = readConnAck(packet, connect.version);
    const difference =
      answer === null ? "the CONNACK cannot be read" : differenceOf(connect, connAck, answer);
    if (answer === null || difference !== null) return difference;
    this.#state = "subscribing";
    if (!answer.sessionPresent) this.#subscribe(toUpstream);
    return null;
  }

  #subscribe(toUpstream: Message[]): void {
    const packets = this.#session.subscribes();
    for (const [index, { qos }] of this.#session.granted().entries()) this.#awaited.set(index + 1, qos);
    if (packets.length > 0) toUpstream.push(packetMessage(Buffer.concat(packets)));
  }

  #takeSubAck(packet: Packet): string | null {
    const id = readId(packet);
    const expected = this.#awaited.get(id);
    if (expected === undefined) return "the broker has answered a SUBSCRIBE that was not sent";
    this.#awaited.delete(id);
    const granted = readCodes(packet, this.#session.connect?.version ?? 4)[0] ?? 0x80;
    return granted === expected ? null : "the broker does not grant a subscription as it was";
  }

  /** Its rest is still to come, and not for the client. */
  #isInAnswer(): boolean {
    return this.#openType === PacketType.suback || this.#openType === PacketType.connack;
  }

  #done(step: ReplayStep): ReplayStep {
    this.#state = "over";
    this.#onDone();
    return step;
  }

  #failed(reason: string): ReplayStep {
    this.#state = "over";
    return failed(reason);
  }
}

function isAnswer({ type }: PacketSpan): boolean {
  return type === PacketType.connack || type === PacketType.suback;
}

// Limits that the client goes by, and would not hear of: session expiry, keep alive, receive maximum, topic aliases, QoS,
// retain, packet size, wildcards, subscription identifiers, shared subscriptions (MQTT 5.0, 3.2.2.3).
const BINDING = [0x11, 0x13, 0x21, 0x22, 0x24, 0x25, 0x27, 0x28, 0x29, 0x2a];

function differenceOf(connect: Connect, before: ConnAck, now: ConnAck): string | null {
  if (now.code !== 0) return `the broker has refused the client with code ${now.code}`;
  // Also of what the client had subscribed to in connections before this one nothing is known.
  if (before.sessionPresent && !now.sessionPresent) return "the broker has lost the client's session";
  if (connect.version < 5) return null;
  const other = BINDING.find((id) => hex(before, id) !== hex(now, id));
  return other === undefined ? null : `the broker's limits are others (property 0x${other.toString(16)})`;
}

function hex({ properties }: ConnAck, id: number): string | undefined {
  return properties.get(id)?.toString("hex");
}
