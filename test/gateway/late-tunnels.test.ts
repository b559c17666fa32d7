// A handshake is under way on the old upstream when that begins to drain, and is answered with 101.

import { expect, onTestFinished, test } from "vitest";
import { cutOver } from "../support/cut-over.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { acceptKey, RawWebSocket } from "../support/raw-websocket.ts";

/** A gateway with a handshake that waits for its answer. */
async function handshakeUnderWay(webSocket = "{}") {
  const blue = await RawUpstream.start((request) => {
    if (!request.head.includes("websocket")) request.connection.send("HTTP/1.1 204 No Content\r\n\r\n");
  });
  const clock = new ManualClock();
  const service = `    websocket: ${webSocket}`;
  const gateway = await openGateway({ blue: blue.url, clock, service });
  const client = new RawWebSocket(gateway.port);
  onTestFinished(() => client.destroy());
  const handshake = await handshakeAt(blue);
  const accept = () => {
    const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
    const key = `Sec-WebSocket-Accept: ${acceptKey(client.key)}`;
    handshake.connection.send([...lines, key, "\r\n"].join("\r\n"));
  };
  return { clock, gateway, client, accept };
}

async function handshakeAt(blue: RawUpstream) {
  for (let count = 1; ; count++) {
    const request = await blue.sees(count);
    if (request.head.includes("websocket")) return request;
  }
}

test("a tunnel that opens during the drain is sent away at once", async () => {
  const { gateway, client, accept } = await handshakeUnderWay();
  await cutOver(gateway, "green", "http://127.0.0.1:1");
  accept();
  expect(await client.answered).toBe(101);
  await eventually(() => expect(client.received.close).toMatchObject({ code: 1012 }));
});

test("where the policy is `drain` it stays until the deadline", async () => {
  const { clock, gateway, client, accept } = await handshakeUnderWay("{ onCutover: drain }");
  await cutOver(gateway, "green", "http://127.0.0.1:1");
  accept();
  expect(await client.answered).toBe(101);
  clock.advance(29_900);
  expect(gateway.service.status().tunnels).toBe(1);
  clock.advance(100);
  await eventually(() => expect(client.received.close).toMatchObject({ code: 1012 }));
});

test("a tunnel that opens while the gateway ends is sent away at once", async () => {
  const { clock, gateway, client, accept } = await handshakeUnderWay();
  const closed = gateway.gateway.close();
  accept();
  expect(await client.answered).toBe(101);
  await eventually(() => expect(client.received.close).toMatchObject({ code: 1012 }));
  // This upstream never answers the goodbye.
  clock.advance(5000);
  await closed;
});
