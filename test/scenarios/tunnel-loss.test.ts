// An upstream that dies under its tunnels: each is ended as well as it can be, and who comes back waits.

import { expect, onTestFinished, test } from "vitest";
import { startEchoProcess } from "../support/echo-process.ts";
import { eventually } from "../support/eventually.ts";
import { openGateway } from "../support/open-gateway.ts";
import { RawWebSocket } from "../support/raw-websocket.ts";
import { openTalkingClients, startTalkingUpstream } from "../support/talking-tunnels.ts";

const TUNNELS = 300;
const RESTART = { code: 1012, reason: "service restart" };
const GENEROUS = "    hold: { maxPerClient: 1000 }";

test("when the app is killed, its tunnels get 1012, and their handshakes wait until it is back", async () => {
  const app = await startEchoProcess("first");
  const gateway = await openGateway({ blue: app.url, service: GENEROUS });
  const clients = await openTalkingClients(gateway.port, TUNNELS);
  await app.kill();

  await eventually(() => expect(gateway.service.status().held).toBe(TUNNELS));
  expect(gateway.service.status().automaticHoldSince).not.toBeNull();
  expect(clients.filter(({ before }) => before?.received.problem)).toEqual([]);
  expect(clients.map(({ before }) => before?.received.close)).toEqual(clients.map(() => RESTART));
  await startEchoProcess("second", app.port);

  await eventually(() => expect(gateway.service.status().tunnels).toBe(TUNNELS));
  await eventually(() =>
    expect(clients.every(({ greetings }) => greetings.join() === "first,second")).toBe(true),
  );
  expect(clients.map(({ handshakes }) => handshakes.join())).toEqual(clients.map(() => "101,101"));
  expect(clients.filter(({ tunnel }) => tunnel?.header("holdgate-held") === undefined)).toEqual([]);
  expect(gateway.service.status()).toMatchObject({
    held: 0,
    automaticHoldSince: null,
    counters: {
      held: TUNNELS,
      released: TUNNELS,
      reconnected: TUNNELS,
      cut: 0,
      failed: 0,
      expired: 0,
      shed: 0,
    },
  });
});

test("a tunnel that was inside a frame is cut, every other one ends with 1012 at a frame boundary", async () => {
  const blue = await startTalkingUpstream("first");
  const gateway = await openGateway({ blue: blue.url, service: GENEROUS });
  const clients = await openTalkingClients(gateway.port, TUNNELS);
  const tunnels = clients.map(({ tunnel }) => tunnel);
  const inside = () => clients.filter(({ tunnel }) => tunnel?.received.unreadBytes).length;
  await eventually(() => expect(inside()).toBeGreaterThan(TUNNELS / 10));
  blue.kill();

  await Promise.all(tunnels.map(async (tunnel) => tunnel?.closed));
  const ends = tunnels.map((tunnel) => tunnel?.received);
  const cut = ends.filter((end) => end?.close === null && end.unreadBytes > 0);
  const orderly = ends.filter((end) => end?.close?.code === 1012 && end.unreadBytes === 0);
  expect(ends.filter((end) => end?.problem !== null)).toEqual([]);
  expect(cut.length).toBeGreaterThan(0);
  expect(cut.length + orderly.length).toBe(TUNNELS);
  expect(gateway.service.status().counters).toMatchObject({
    tunnelsClosed: TUNNELS,
    cut: cut.length,
    reconnected: orderly.length,
  });

  await eventually(() => expect(gateway.service.status().held).toBe(orderly.length));
  await startTalkingUpstream("second", blue.port);
  const back = clients.filter(({ before }) => before?.received.close);
  expect(back).toHaveLength(orderly.length);
  await eventually(() =>
    expect(back.every(({ greetings }) => greetings.join() === "first,second")).toBe(true),
  );
  expect(back.map(({ handshakes }) => handshakes.join())).toEqual(back.map(() => "101,101"));
});

test("a client that leaves while its upstream is lost is forgotten, the others still have their turn", async () => {
  const blue = await startTalkingUpstream("first");
  const gateway = await openGateway({
    blue: blue.url,
    service: "    websocket: { waves: { perSecond: 2 } }",
  });
  const open = async (): Promise<RawWebSocket> => {
    const client = await RawWebSocket.open(gateway.port);
    onTestFinished(() => client.destroy());
    await eventually(() => expect(client.messages).toEqual(["first"]));
    return client;
  };
  const [first, second, third] = [await open(), await open(), await open()];
  blue.kill();
  await first.closed;
  second.destroy();
  await third.closed;
  expect([first, third].map(({ received }) => received.close)).toEqual([RESTART, RESTART]);
  await eventually(() => expect(gateway.service.status()).toMatchObject({ tunnels: 0 }));
});
