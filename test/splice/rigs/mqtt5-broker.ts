// A small broker of MQTT 5.0 over WebSockets, as far as one client that talks with its server needs it: sessions in
// memory with an expiry, subscriptions without wildcards, QoS 0 and 1 with redelivery, and a DISCONNECT with its reason for
// what it does not have. Wills it takes and forgets.

import mqttPacket, {
  type IConnectPacket,
  type IPublishPacket,
  type ISubscribePacket,
  type Packet,
} from "mqtt-packet";
import type { WebSocket } from "ws";
import { type Qos, topicsOf } from "./mqtt-broker.ts";
import type { RigServer, ServerOptions } from "./rig.ts";
import type { ServerBook, ServerLink } from "./server-book.ts";
import { joinWith, startWebSocketApp } from "./websocket-app.ts";

const VERSION = { protocolVersion: 5 } as const;
const PROTOCOL_ERROR = 0x82;
const SERVER_SHUTTING_DOWN = 0x8b;
const QOS_NOT_SUPPORTED = 0x9b;
const MOST_UNACKNOWLEDGED = 65_535;

interface Session {
  /** Granted, by filter. */
  readonly subscriptions: Map<string, Qos>;
  /** By identifier, in the order of their sending. */
  readonly unacknowledged: Map<number, IPublishPacket>;
  lastId: number;
}

export function startMqtt5(options: ServerOptions, qos: Qos): Promise<RigServer> {
  const sessions = new Map<string, Session>();
  const served = new Map<WebSocket, Mqtt5Connection>();
  return startWebSocketApp({
    options,
    subprotocol: "mqtt",
    serve: (socket, book) => {
      const connection = new Mqtt5Connection(socket, book, sessions, qos);
      served.set(socket, connection);
      connection.listen();
    },
    farewell: (socket) => served.get(socket)?.disconnect(SERVER_SHUTTING_DOWN),
  });
}

class Mqtt5Connection {
  readonly #socket: WebSocket;
  readonly #book: ServerBook;
  readonly #sessions: Map<string, Session>;
  readonly #qos: Qos;
  #clientId = "";
  #session: Session | null = null;
  #link: ServerLink | null = null;

  constructor(socket: WebSocket, book: ServerBook, sessions: Map<string, Session>, qos: Qos) {
    this.#socket = socket;
    this.#book = book;
    this.#sessions = sessions;
    this.#qos = qos;
  }

  listen(): void {
    const parser = mqttPacket.parser(VERSION);
    parser.on("packet", (packet: Packet) => this.#take(packet));
    parser.on("error", () => this.disconnect(PROTOCOL_ERROR));
    this.#socket.on("message", (data: Buffer) => parser.parse(data));
  }

  disconnect(reasonCode: number): void {
    this.#write({ cmd: "disconnect", reasonCode });
    this.#socket.close();
  }

  #take(packet: Packet): void {
    const session = this.#session;
    if (packet.cmd === "connect" && session === null) return this.#connect(packet);
    if (session === null) return this.disconnect(PROTOCOL_ERROR);
    if (packet.cmd === "publish") this.#hear(packet);
    else if (packet.cmd === "subscribe") this.#subscribe(packet, session);
    else if (packet.cmd === "puback") session.unacknowledged.delete(packet.messageId ?? 0);
    else if (packet.cmd === "pingreq") this.#write({ cmd: "pingresp" });
    else if (packet.cmd === "disconnect") this.#socket.close();
    else this.disconnect(PROTOCOL_ERROR);
  }

  #connect({ clientId, clean = false, properties }: IConnectPacket): void {
    const kept = clean ? undefined : this.#sessions.get(clientId);
    const session = kept ?? { subscriptions: new Map(), unacknowledged: new Map(), lastId: 0 };
    this.#clientId = clientId;
    this.#session = session;
    if (clean) this.#sessions.delete(clientId);
    if ((properties?.sessionExpiryInterval ?? 0) > 0) this.#sessions.set(clientId, session);
    const limits = {
      receiveMaximum: 1000,
      maximumQoS: 1,
      retainAvailable: false,
      wildcardSubscriptionAvailable: false,
    };
    this.#write({ cmd: "connack", reasonCode: 0, sessionPresent: kept !== undefined, properties: limits });
    for (const message of session.unacknowledged.values()) this.#write({ ...message, dup: true });
    this.#join(session);
  }

  #subscribe({ messageId, subscriptions }: ISubscribePacket, session: Session): void {
    const granted = subscriptions.map(({ topic, qos }): Qos => {
      const most = qos === 0 ? 0 : 1;
      session.subscriptions.set(topic, most);
      return most;
    });
    this.#write({ cmd: "suback", messageId: messageId ?? 0, granted });
    this.#join(session);
  }

  #join(session: Session): void {
    const { to } = topicsOf(this.#clientId);
    if (this.#link !== null || !session.subscriptions.has(to)) return;
    this.#link = joinWith(this.#book, this.#clientId, this.#socket, (number) =>
      this.#publish(to, number, session),
    );
  }

  #publish(topic: string, number: number, session: Session): void {
    const qos = Math.min(this.#qos, session.subscriptions.get(topic) ?? 0) === 0 ? 0 : 1;
    const message: IPublishPacket = {
      cmd: "publish",
      topic,
      payload: String(number),
      qos,
      dup: false,
      retain: false,
    };
    if (qos === 0) return this.#write(message);
    session.lastId = (session.lastId % MOST_UNACKNOWLEDGED) + 1;
    const identified = { ...message, messageId: session.lastId };
    session.unacknowledged.set(session.lastId, identified);
    this.#write(identified);
  }

  #hear({ topic, payload, qos, messageId }: IPublishPacket): void {
    if (qos === 2) return this.disconnect(QOS_NOT_SUPPORTED);
    if (topic === topicsOf(this.#clientId).from) this.#book.take(this.#clientId, Number(payload.toString()));
    if (qos === 1) this.#write({ cmd: "puback", messageId: messageId ?? 0, reasonCode: 0 });
  }

  #write(packet: Packet): void {
    if (this.#socket.readyState === this.#socket.OPEN)
      this.#socket.send(mqttPacket.generate(packet, VERSION));
  }
}
