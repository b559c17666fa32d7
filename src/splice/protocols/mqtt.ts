// MQTT over WebSockets: 3.1, 3.1.1 and 5.0, section 6. A byte stream in binary messages.
//
//   unanswered ──CONNACK 0──▶ free ◀──────▶ busy: QoS 2, or the client's QoS 1, in flight; SUBSCRIBE not answered; within a packet
//                              │ moved        └── obstacles that pass by themselves, mostly within milliseconds
//                              ▼
//   old broker: DISCONNECT if there is a will, Close; new broker: CONNECT, SUBSCRIBEs (mqtt-replay.ts)
//
// An obstacle for good: topic aliases of the client, extended authentication, an id that the broker has chosen, DISCONNECT.
// While it waits PINGREQ is answered here; one that shares its message with other packets is kept as well, and answered twice.

import {
  type Conversation,
  type Handshake,
  IGNORE,
  KEEP,
  type Message,
  type Protocol,
  type Recognition,
  type Replay,
  SERVICE_RESTART,
  type WhileWaiting,
} from "../protocol.ts";
import { packetMessage, PacketScanner, type PacketSpan, PacketType } from "./mqtt-packets.ts";
import { MqttReplay } from "./mqtt-replay.ts";
import { MqttSession } from "./mqtt-session.ts";

export const mqtt: Protocol = {
  name: "mqtt",
  recognise: ({ subprotocol }: Handshake): Recognition =>
    subprotocol === "mqtt" || subprotocol === "mqttv3.1" ? "yes" : "no",
  start: () => new MqttConversation(),
};

const PINGRESP = packetMessage(Buffer.from([0xd0, 0x00]));
const DISCONNECT = packetMessage(Buffer.from([0xe0, 0x00]));

class MqttConversation implements Conversation {
  readonly #session = new MqttSession();
  readonly #fromClient = new PacketScanner();
  readonly #fromUpstream = new PacketScanner();
  /** Of what is kept, and will come to `onClientMessage` when it is sent. */
  #kept = new PacketScanner();

  onClientMessage(message: Message): void {
    for (const { packet } of this.#fromClient.scan(message)) {
      if (packet !== null) this.#session.onClientPacket(packet);
    }
  }

  onUpstreamMessage(message: Message): void {
    for (const { packet } of this.#fromUpstream.scan(message)) {
      if (packet !== null) this.#session.onUpstreamPacket(packet);
    }
  }

  obstacle(): string | null {
    if (this.#fromClient.isBroken || this.#fromUpstream.isBroken) return "it does not speak MQTT";
    if (!this.#fromClient.isBetweenPackets) return "the client is within a packet";
    if (!this.#fromUpstream.isBetweenPackets) return "the broker is within a packet";
    return this.#session.obstacle();
  }

  unfinished(): "client" | "upstream" | null {
    if (!this.#fromClient.isBetweenPackets) return "client";
    return this.#fromUpstream.isBetweenPackets ? this.#session.unfinished() : "upstream";
  }

  replay(): Replay {
    return new MqttReplay(
      this.#session,
      (message) => this.onUpstreamMessage(message),
      () => (this.#kept = new PacketScanner()),
    );
  }

  whileWaiting(message: Message): WhileWaiting {
    const startsBetween = this.#kept.isBetweenPackets;
    const spans = this.#kept.scan(message);
    const pings = spans.filter(isPing);
    if (pings.length === 0) return KEEP;
    const answers = pings.map(() => PINGRESP);
    const isAllPings = startsBetween && pings.length === spans.length;
    return isAllPings ? { ...IGNORE, answers } : { ...KEEP, answers };
  }

  /** A broker says nothing by itself. */
  heartbeat(): null {
    return null;
  }

  farewell() {
    return SERVICE_RESTART;
  }

  goodbye(): readonly Message[] {
    // In the middle of a packet it would be taken for a part of it.
    const isHeard = this.#session.hasWill && this.#fromClient.isBetweenPackets;
    return isHeard ? [DISCONNECT] : [];
  }
}

function isPing({ packet }: PacketSpan): boolean {
  return packet?.type === PacketType.pingreq;
}
