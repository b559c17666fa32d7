// Clients that do not speak WebSocket as they should: they are told, and their upstream sees them go.

import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { CONTINUATION, makeFrame, PING, TEXT } from "../../support/websocket-frames.ts";
import { endAt, expectTalk, openTunnelStage, turns } from "./open-stage.ts";

test.each([
  ["reserved bits", 1002, makeFrame(TEXT, "x", { reserved: 2, masked: true })],
  ["a fragment of nothing", 1002, makeFrame(CONTINUATION, "x", { masked: true })],
  ["no mask", 1002, makeFrame(TEXT, "x")],
  ["a ping that is too long", 1002, makeFrame(PING, "x".repeat(126), { masked: true })],
  ["a text that is none", 1007, makeFrame(TEXT, Buffer.from([0xff, 0xfe]), { masked: true })],
  ["more than is allowed", 1009, makeFrame(TEXT, "x".repeat(2000), { masked: true })],
])("%s is answered with %i, and the upstream is left", async (_, code, bytes) => {
  const { blue, open, status } = await openTunnelStage({ webSocket: ", splice: { maxMessage: 1KiB }" });
  const client = await open();
  const end = await endAt(blue);
  client.say("before");
  client.socket.write(bytes);
  await eventually(() => expect(client.received.close?.code).toBe(code));
  await client.closed;
  await eventually(() => expect(end.ended).toBe("orderly"));
  expect(end.messages).toEqual(["before"]);
  await eventually(() => expect(status().tunnels).toBe(0));
});

test("a parked client that breaks the rules is told, and what it said before is delivered", async () => {
  const { green, open, park, cutOver, order, status } = await openTunnelStage();
  const client = await open();
  await park();
  client.say("before");
  client.socket.write(makeFrame(TEXT, "x"));
  await eventually(() => expect(client.received.close?.code).toBe(1002));
  await cutOver("green");
  await order("release");
  await eventually(() => expect(green.tunnels[0]?.messages).toEqual(["before"]));
  await eventually(() => expect(status()).toMatchObject({ tunnels: 0, parked: 0 }));
});

test("what comes in one piece with the handshake is said once", async () => {
  const { blue, open } = await openTunnelStage();
  const behind = Buffer.concat([
    makeFrame(TEXT, "one", { masked: true }),
    makeFrame(TEXT, "two", { masked: true }),
  ]);
  const client = await open({ behind });
  const end = await endAt(blue);
  await eventually(() => expect(end.messages).toEqual(["one", "two"]));
  await turns();
  await expectTalk(client, end);
});
