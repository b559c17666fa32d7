import { Manager } from "socket.io-client";
import { expect, onTestFinished, test } from "vitest";
import { PushCounters } from "./rig.ts";
import { describeRig } from "./rig-contract.ts";
import { rig, socketIoRig } from "./socket-io-rig.ts";

describeRig({ rig: socketIoRig(["websocket"]), comesBack: true }, "WebSocket only");
describeRig({ rig: socketIoRig(["polling", "websocket"]), comesBack: true }, "polling, then WebSocket");

test.each(["/", "/admin"])("the namespace %s lets nobody in without the token", async (namespace) => {
  const server = await rig.startServer({ version: "1", pushed: new PushCounters() });
  onTestFinished(() => server.kill());
  const socket = new Manager(server.url, { transports: ["websocket"] }).socket(namespace, { auth: {} });
  onTestFinished(() => void socket.disconnect());
  const refused = new Promise<Error>((resolve) => socket.once("connect_error", resolve));
  expect(await refused).toMatchObject({ message: "the token is wrong" });
});
