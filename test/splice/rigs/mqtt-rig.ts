// MQTT with MQTT.js, against aedes (3.1.1) or a small broker of version 5, which aedes does not speak. The client
// comes back by itself after 1 s, subscribes anew, and publishes again what was not acknowledged. A question is a
// message of QoS 1, whatever the numbers have.

import { connect as connectMqtt, type IClientOptions, type MqttClient } from "mqtt";
import { ClientBook, rigClient } from "./client-book.ts";
import { type Qos, startAedes, topicsOf } from "./mqtt-broker.ts";
import { startMqtt5 } from "./mqtt5-broker.ts";
import { orAborted } from "./or-aborted.ts";
import type { ConnectOptions, Rig, RigClient } from "./rig.ts";
import { socketUrl } from "./websocket-app.ts";

export interface MqttRigOptions {
  readonly version: "3.1.1" | "5";
  /** False: the broker keeps the session when the client is gone. */
  readonly clean: boolean;
  /** Of the numbers, both ways. */
  readonly qos: Qos;
}

const KEPT_S = 3600;

export function mqttRig(choices: MqttRigOptions): Rig {
  const { version, qos } = choices;
  return {
    name: "mqtt",
    protocol: "mqtt",
    startServer: (options) => (version === "5" ? startMqtt5(options, qos) : startAedes(options, qos)),
    connect: (url, options) => connect(url, choices, options),
  };
}

export const rig: Rig = mqttRig({ version: "3.1.1", clean: true, qos: 0 });

async function connect(
  url: string,
  choices: MqttRigOptions,
  { id, signal }: ConnectOptions = {},
): Promise<RigClient> {
  const { qos } = choices;
  const book = new ClientBook(id);
  const topics = topicsOf(book.id);
  const client = connectMqtt(socketUrl(url, "/mqtt"), { ...settingsOf(choices), clientId: book.id });
  client.on("message", (_, payload) => {
    const number = Number(payload.toString());
    // QoS 1 is at least once: a broker that has kept the session says again what it has no acknowledgement of, whether
    // the client was moved or came back by itself (aedes even without DUP).
    if (choices.clean || !book.received.includes(number)) book.take(number);
  });
  watch(client, book);
  await orAborted(client.subscribeAsync(topics.to, { qos }), signal).catch(async (error: unknown) => {
    await client.endAsync(true);
    throw error;
  });
  return rigClient(book, {
    send: (number) => publish(client, topics.from, number, qos, book),
    ask: (giveUp) => orAborted(client.publishAsync(`ask/${book.id}`, "?", { qos: 1 }), giveUp),
    isConnected: () => client.connected,
    close: () => client.endAsync(true),
  });
}

function settingsOf({ version, clean }: MqttRigOptions): IClientOptions {
  if (version === "3.1.1") return { protocolVersion: 4, clean };
  // In version 5 a session without an expiry ends with its connection.
  const kept = clean ? {} : { properties: { sessionExpiryInterval: KEPT_S } };
  return { protocolVersion: 5, clean, ...kept };
}

function watch(client: MqttClient, book: ClientBook): void {
  let connections = 0;
  client.on("connect", () => {
    connections += 1;
    if (connections > 1) book.disrupted("connected again");
  });
  client.on("close", () => book.disrupted("close"));
  client.on("disconnect", ({ reasonCode }) => book.disrupted(`DISCONNECT ${reasonCode}`));
  client.on("error", (error) => book.disrupted(`error: ${error.message}`));
}

function publish(client: MqttClient, topic: string, number: number, qos: Qos, book: ClientBook): void {
  client.publish(topic, String(number), { qos }, (error) => {
    if (error) book.disrupted(`not published: ${error.message}`);
  });
}
