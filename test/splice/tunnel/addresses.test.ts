// Moves to upstreams of several addresses, or of none, and what a new upstream hears of the client.

import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { listen } from "../../support/listen.ts";
import { endAt, expectTalk, openTunnelStage, startServer, type TunnelStage } from "./open-stage.ts";

async function cutOverTo({ gateway }: TunnelStage, urls: string[]): Promise<void> {
  await gateway.dispatch({ type: "put_upstream", service: "chat", name: "many", urls });
  const cutover = {
    type: "cutover",
    service: "chat",
    to: "many",
    force: true,
    candidateHealthy: false,
  } as const;
  await gateway.dispatch(cutover);
}

async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  server.close();
  return port;
}

test("a move goes to an address that can be reached when another one cannot", async () => {
  const stage = await openTunnelStage();
  const clients = [await stage.open(), await stage.open(), await stage.open()];
  await endAt(stage.blue, 2);
  await cutOverTo(stage, [`http://127.0.0.1:${await closedPort()}`, stage.green.url]);
  await stage.inTime(() => expect(stage.green.tunnels).toHaveLength(3));
  await stage.inTime(() => expect(stage.status().parked).toBe(0));
  for (const client of clients) client.say("here");
  await eventually(() => expect(stage.green.tunnels.flatMap(({ messages }) => messages)).toHaveLength(3));
  expect(stage.status().automaticHoldSince).toBeNull();
  expect(stage.status().counters.reconnected).toBe(0);
});

test("a tunnel that loses one address goes on at another", async () => {
  const stage = await openTunnelStage();
  const other = await startServer();
  const client = await stage.open();
  await cutOverTo(stage, [stage.green.url, other.url]);
  await eventually(() => expect(stage.green.tunnels.length + other.tunnels.length).toBe(1));
  const [first, second] = stage.green.tunnels.length === 1 ? [stage.green, other] : [other, stage.green];
  await expectTalk(client, await endAt(first));
  // Not just moved: that would look like an upstream that does not take it.
  stage.clock.advance(6000);
  first.kill();
  await stage.inTime(() => expect(second.tunnels).toHaveLength(1));
  await expectTalk(client, await endAt(second));
});

test("the new upstream hears the client's own handshake again: path, query, cookies, origin and subprotocol", async () => {
  const answer = (accepting: string) =>
    `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accepting}\r\nSec-WebSocket-Protocol: chat.v2\r\n\r\n`;
  const stage = await openTunnelStage({ blue: { answer }, green: { answer } });
  const headers = [
    "Origin: https://chat.example.com",
    "Cookie: session=1; theme=dark",
    "Authorization: Bearer abc",
    "Sec-WebSocket-Protocol: chat.v1, chat.v2",
    "X-Twice: 1",
    "X-Twice: 2",
  ];
  const client = await stage.open({ path: "/ws/room%201?token=a%20b&&x=", headers });
  const first = await endAt(stage.blue);
  await stage.cutOver("green");
  const second = await endAt(stage.green);
  expect(second.head.split("\r\n")[0]).toBe("GET /ws/room%201?token=a%20b&&x= HTTP/1.1");
  const lines = (head: string) => head.split("\r\n").slice(1).toSorted();
  expect(lines(second.head)).toEqual(lines(first.head));
  for (const header of headers) expect(second.head).toContain(header);
  await expectTalk(client, second);
});

test("a client that leaves while its name is looked up is forgotten", async () => {
  const stage = await openTunnelStage();
  const client = await stage.open();
  await cutOverTo(stage, ["http://nobody.invalid:80"]);
  client.destroy();
  onTestFinished(() => client.destroy());
  await stage.inTime(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 0 }));
});
