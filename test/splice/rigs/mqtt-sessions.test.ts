// What the brokers of the rigs know of a client that comes back.

import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { mqttRig } from "./mqtt-rig.ts";
import { PushCounters, type RigServer } from "./rig.ts";

const KEPT: IClientOptions = { clean: false, clientId: "anna", properties: { sessionExpiryInterval: 60 } };

describe.each([
  { version: "3.1.1" as const, settings: { clean: false, clientId: "anna", protocolVersion: 4 as const } },
  { version: "5" as const, settings: { ...KEPT, protocolVersion: 5 as const } },
])("MQTT $version", ({ version, settings }) => {
  const rig = mqttRig({ version, clean: false, qos: 1 });
  const start = async (pushed: PushCounters): Promise<RigServer> => {
    const server = await rig.startServer({ version: "1", pushed });
    onTestFinished(() => server.kill());
    return server;
  };

  test("a broker that has kept the session needs no new SUBSCRIBE; another one does not know it", async () => {
    const pushed = new PushCounters();
    const [server, other] = [await start(pushed), await start(pushed)];
    const first = await meet(server, settings);
    expect(first.sessionPresent).toBe(false);
    await first.client.subscribeAsync("to/anna", { qos: 1 });
    await first.client.endAsync();
    await eventually(() => expect(server.push("anna")).toBe(false));
    const again = await meet(server, settings);
    expect(again.sessionPresent).toBe(true);
    await eventually(() => expect(server.push("anna")).toBe(true));
    await eventually(() => expect(again.heard).toEqual(["1"]));
    await again.client.endAsync();
    expect((await meet(other, settings)).sessionPresent).toBe(false);
    expect(other.push("anna")).toBe(false);
  });
});

async function meet({ url }: RigServer, settings: IClientOptions) {
  const client: MqttClient = connect(url.replace("http", "ws"), { ...settings, resubscribe: false });
  onTestFinished(() => client.endAsync(true));
  const heard: string[] = [];
  client.on("message", (_, payload) => heard.push(payload.toString()));
  const { promise: sessionPresent, resolve } = Promise.withResolvers<boolean>();
  client.once("connect", (packet) => resolve(packet.sessionPresent));
  return { client, heard, sessionPresent: await sessionPresent };
}
