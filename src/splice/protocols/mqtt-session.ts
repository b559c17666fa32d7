// What the packets of one MQTT connection have built up at the broker, and what of it is still in the air.
//
//   CONNECT ──▶ unanswered ──CONNACK 0──▶ connected ──DISCONNECT of either side, AUTH, what cannot be read──▶ never
//
// Bounded: subscriptions by filter, and the identifiers of what is not acknowledged.

import { MOST_REMEMBERED_BYTES } from "../protocol.ts";
import { Remembered } from "../remembered.ts";
import {
  type ConnAck,
  type Connect,
  isRefusal,
  makeSubscribe,
  Property,
  readCodes,
  readConnAck,
  readConnect,
  readId,
  readPublish,
  readSubscribe,
  type Subscribe,
  withId,
} from "./mqtt-contents.ts";
import { type Packet, packetMessage, PacketType } from "./mqtt-packets.ts";
import { Outstanding } from "./outstanding.ts";

/** What was granted for a filter: 0, 1 or 2. */
interface Granted {
  readonly filter: string;
  readonly qos: number;
}

export class MqttSession {
  #connect: Connect | null = null;
  #connAck: ConnAck | null = null;
  #never: string | null = null;
  #clientHasLeft = false;
  /** The client's SUBSCRIBEs and UNSUBSCRIBEs without an answer, by identifier. */
  readonly #asked = new Remembered<number>();
  /** The SUBSCRIBE of one filter each, with identifier 0. */
  readonly #subscriptions = new Remembered<string>();
  readonly #granted = new Map<string, number>();
  readonly #published = new Outstanding<number>();
  /** With their QoS. */
  readonly #received = new Outstanding<number, number>();

  get connect(): Connect | null {
    return this.#connect;
  }

  get connAck(): ConnAck | null {
    return this.#connAck;
  }

  /** What a broker publishes when the client is gone without a DISCONNECT. */
  get hasWill(): boolean {
    const isConnected = this.#connAck?.code === 0 && !this.#clientHasLeft;
    return isConnected && this.#connect !== null && this.#connect.will;
  }

  onClientPacket(packet: Packet): void {
    if (this.#connect === null) return this.#onConnect(packet);
    switch (packet.type) {
      case PacketType.publish:
        return this.#onClientPublish(packet);
      case PacketType.subscribe:
      case PacketType.unsubscribe:
        return this.#onAsked(packet);
      case PacketType.puback:
      case PacketType.pubcomp:
        return this.#received.delete(readId(packet));
      case PacketType.pubrec:
        if (isRefusal(packet)) this.#received.delete(readId(packet));
        return;
      case PacketType.disconnect:
        this.#clientHasLeft = true;
        return this.#neverAgain("the client has said DISCONNECT");
      case PacketType.auth:
        return this.#neverAgain("an extended authentication cannot be repeated");
    }
  }

  onUpstreamPacket(packet: Packet): void {
    switch (packet.type) {
      case PacketType.connack:
        return this.#onConnAck(packet);
      case PacketType.publish:
        return this.#onUpstreamPublish(packet);
      case PacketType.suback:
        return this.#onSubAck(packet);
      case PacketType.unsuback:
        return this.#onUnsubAck(packet);
      case PacketType.puback:
      case PacketType.pubcomp:
        return this.#published.delete(readId(packet));
      case PacketType.pubrec:
        if (isRefusal(packet)) this.#published.delete(readId(packet));
        return;
      case PacketType.disconnect:
        return this.#neverAgain("the broker has said DISCONNECT");
      case PacketType.auth:
        return this.#neverAgain("an extended authentication cannot be repeated");
    }
  }

  obstacle(): string | null {
    if (this.#never !== null) return this.#never;
    if (this.#connect !== null && this.#connAck === null) return "CONNECT is not answered yet";
    if (this.#published.overflowed || this.#received.overflowed) return "too much was in flight at once";
    if (this.#published.any || this.#hasReceivedQos2()) return "QoS in flight";
    if (this.#asked.keys().length > 0) return "a SUBSCRIBE or UNSUBSCRIBE is not answered yet";
    return this.#asked.obstacle() ?? this.#subscriptions.obstacle();
  }

  /** Whose acknowledgement would end what is in flight. */
  unfinished(): "client" | "upstream" | null {
    if (this.#never !== null) return null;
    const isUnanswered = this.#connect !== null && this.#connAck === null;
    if (isUnanswered || this.#published.any || this.#asked.keys().length > 0) return "upstream";
    return this.#received.any ? "client" : null;
  }

  /** Their identifiers are 1 to n: none of the client's own is in flight then, `obstacle` sees to that. */
  subscribes(): Buffer[] {
    return this.#subscriptions.messages().map(({ data }, index) => withId(data, index + 1));
  }

  /** In the order of `subscribes`. */
  granted(): Granted[] {
    return this.#subscriptions.keys().map((filter) => ({ filter, qos: this.#granted.get(filter) ?? 0 }));
  }

  #onConnect(packet: Packet): void {
    const connect = packet.type === PacketType.connect ? readConnect(packet) : null;
    if (connect === null) return this.#neverAgain("it did not begin with a CONNECT that can be read");
    this.#connect = connect;
    if (connect.properties.has(Property.authenticationMethod))
      this.#neverAgain("an extended authentication cannot be repeated");
    // 3.1 does not tell whether the session was there.
    if (connect.version === 3 && !connect.clean) this.#neverAgain("MQTT 3.1 does not tell of a kept session");
  }

  #onConnAck(packet: Packet): void {
    if (this.#connect === null || this.#connAck !== null) return;
    const connAck = readConnAck(packet, this.#connect.version);
    if (connAck === null) return this.#neverAgain("the CONNACK cannot be read");
    this.#connAck = connAck;
    if (connAck.code !== 0) this.#neverAgain("the broker has refused the client");
    // A new broker would choose another one, and the client would not hear of it.
    if (connAck.properties.has(Property.assignedClientId))
      this.#neverAgain("the broker has chosen the client's id");
  }

  #onClientPublish(packet: Packet): void {
    const publish = readPublish(packet, this.#version());
    if (publish === null) return this.#neverAgain("a PUBLISH cannot be read");
    // The new broker does not know what the client's aliases mean. Those of the broker are no matter: it tells each
    // alias together with its topic before it uses it.
    if (publish.properties.has(Property.topicAlias)) this.#neverAgain("the client uses topic aliases");
    if (publish.id !== 0) this.#published.add(publish.id, null);
  }

  #onUpstreamPublish(packet: Packet): void {
    const publish = readPublish(packet, this.#version());
    if (publish === null) return this.#neverAgain("a PUBLISH cannot be read");
    if (publish.id !== 0) this.#received.add(publish.id, publish.qos);
  }

  /**
   * One of QoS 1 has come to the client; what is missing is its PUBACK, and brokers pass over one that they do not
   * await (3.1.1, 4.3.2 promises at least one delivery, not one). Waiting for it in vain would cost the client its
   * connection for a message that it has.
   */
  #hasReceivedQos2(): boolean {
    return this.#received.entries().some(([, qos]) => qos === 2);
  }

  #onAsked(packet: Packet): void {
    if (packet.cut) return this.#neverAgain(`a SUBSCRIBE of more than ${MOST_REMEMBERED_BYTES / 1024} KiB`);
    this.#asked.put(readId(packet), packetMessage(Buffer.from(packet.body)));
  }

  #onSubAck(packet: Packet): void {
    const asked = this.#answered(packet, true);
    if (asked === null) return;
    const codes = readCodes(packet, this.#version());
    for (const [index, { filter, options }] of asked.filters.entries()) {
      const code = codes[index] ?? 0x80;
      const key = filter.toString("latin1");
      // One that is refused leaves an earlier one of the same filter as it was.
      if (code >= 0x80) continue;
      this.#subscriptions.put(key, packetMessage(makeSubscribe(0, asked.rawProperties, filter, options)));
      if (this.#subscriptions.has(key)) this.#granted.set(key, code);
    }
  }

  #onUnsubAck(packet: Packet): void {
    const asked = this.#answered(packet, false);
    if (asked === null) return;
    const codes = readCodes(packet, this.#version());
    for (const [index, { filter }] of asked.filters.entries()) {
      if ((codes[index] ?? 0) >= 0x80) continue;
      this.#subscriptions.delete(filter.toString("latin1"));
      this.#granted.delete(filter.toString("latin1"));
    }
  }

  #answered(packet: Packet, hasOptions: boolean): Subscribe | null {
    const id = readId(packet);
    const body = this.#asked.get(id)?.data;
    if (body === undefined) return null;
    this.#asked.delete(id);
    const asked = readSubscribe({ type: 0, flags: 0, body, cut: false }, this.#version(), hasOptions);
    if (asked === null) this.#neverAgain("a SUBSCRIBE cannot be read");
    return asked;
  }

  #version(): number {
    return this.#connect?.version ?? 4;
  }

  #neverAgain(why: string): void {
    this.#never ??= why;
  }
}
