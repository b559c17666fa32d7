import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { PushCounters } from "./rig.ts";
import { describeRig } from "./rig-contract.ts";
import { plainRig } from "./plain-rig.ts";

describeRig({ rig: plainRig({ serverDeflates: false, clientDeflates: false }), comesBack: false }, "plain");
describeRig({ rig: plainRig({ serverDeflates: true, clientDeflates: true }), comesBack: false }, "deflated");
describeRig(
  { rig: plainRig({ serverDeflates: false, clientDeflates: true }), comesBack: false },
  "deflated by the client only",
);

test.each([
  { serverDeflates: true, extensions: "permessage-deflate" },
  { serverDeflates: false, extensions: "" },
])("a client that offers permessage-deflate gets: $extensions", async ({ serverDeflates, extensions }) => {
  const rig = plainRig({ serverDeflates, clientDeflates: true });
  const server = await rig.startServer({ version: "1", pushed: new PushCounters() });
  onTestFinished(() => server.kill());
  const socket = new WebSocket(server.url);
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  expect(socket.extensions).toBe(extensions);
});
