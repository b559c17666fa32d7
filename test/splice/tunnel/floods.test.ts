// Clients that say more than can be kept, or do not read what they are told.

import { constants, deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { makeFrame, PING, TEXT } from "../../support/websocket-frames.ts";
import { switching } from "../../support/tunnel-server.ts";
import { endAt, expectTalk, openTunnelStage, turns } from "./open-stage.ts";

const KIB = Buffer.alloc(1024, "x");
const FULL_MS = 10_000;
const RSV1 = 4;

describe("a client that floods while it has no upstream", () => {
  test("is not read any more at first, and loses nothing when the upstream is back in time", async () => {
    const { clock, green, open, order, cutOver, park } = await openTunnelStage({
      webSocket: ", splice: { maxBytes: 8KiB }",
    });
    const client = await open();
    await park();
    for (let nth = 0; nth < 5000; nth += 1)
      client.sendFrame(TEXT, Buffer.concat([Buffer.from(`${nth} `), KIB]));
    await turns();
    clock.advance(FULL_MS - 500);
    await turns();
    expect(client.received.close).toBeNull();
    expect(client.socket.writableLength).toBeGreaterThan(0);
    await cutOver("green");
    await order("release");
    const end = await endAt(green);
    await eventually(() => expect(end.messages).toHaveLength(5000));
    expect(end.messages.map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: 5000 }, (_, nth) => nth),
    );
    clock.advance(FULL_MS);
    await expectTalk(client, end);
  });

  test("is closed with 1013 in the end, and counted", async () => {
    const { clock, open, status, park } = await openTunnelStage({
      webSocket: ", splice: { maxBytes: 8KiB }",
    });
    const client = await open();
    await park();
    for (let nth = 0; nth < 100; nth += 1) client.sendFrame(TEXT, KIB);
    await turns();
    clock.advance(FULL_MS + 100);
    await eventually(() => expect(client.received.close?.code).toBe(1013));
    await client.closed;
    const { counters, parked, tunnels } = status();
    expect({ overflow: counters.givenUp.overflow, parked, tunnels }).toEqual({
      overflow: 1,
      parked: 0,
      tunnels: 0,
    });
  });

  test("by one large message that never ends is closed with 1013, too", async () => {
    const { clock, open, park } = await openTunnelStage({
      webSocket: ", splice: { maxBytes: 8KiB }",
    });
    const client = await open();
    await park();
    client.socket.write(makeFrame(TEXT, Buffer.alloc(1_000_000, "x"), { masked: true }).subarray(0, 900_000));
    await turns();
    clock.advance(FULL_MS + 100);
    await eventually(() => expect(client.received.close?.code).toBe(1013));
  });
});

describe("clients that flood together", () => {
  test("take each other's share of the whole; the silent ones stay", async () => {
    const { clock, open, status, park } = await openTunnelStage({
      webSocket: ", splice: { maxBytes: 8KiB, totalBytes: 16KiB }",
    });
    const clients = [await open(), await open(), await open(), await open()];
    await park(4);
    for (const client of clients.slice(1)) {
      for (let nth = 0; nth < 7; nth += 1) client.sendFrame(TEXT, KIB);
    }
    await turns();
    clock.advance(FULL_MS + 100);
    await eventually(() => expect(status().counters.givenUp.overflow).toBeGreaterThan(0));
    await turns();
    expect(clients[0]?.received.close).toBeNull();
  });
});

describe("clients with an upstream that begin large messages and never end them", () => {
  test("are closed with 1013 when all that has come is more than may be kept; a whole one passes", async () => {
    const { blue, open, status } = await openTunnelStage({ webSocket: ", splice: { totalBytes: 1MiB }" });
    const half = makeFrame(TEXT, Buffer.alloc(600_000, "x"), { masked: true }).subarray(0, 500_000);
    const clients = [await open(), await open(), await open(), await open()];
    for (const client of clients.slice(1)) client.socket.write(half);
    await eventually(() => expect(status().counters.givenUp.overflow).toBe(1));
    const closed = () => clients.filter(({ received }) => received.close?.code === 1013);
    await eventually(() => expect(closed()).toHaveLength(1));
    // What it had of the whole is free again.
    clients[0]?.sendFrame(TEXT, Buffer.alloc(200_000, "y"));
    const end = await endAt(blue);
    await eventually(() => expect(end.messages.map(({ length }) => length)).toEqual([200_000]));
  });
});

describe("a client without an upstream that does not read", () => {
  test("is not read itself while it pings: the answers would pile up", async () => {
    const { open, order, status, park } = await openTunnelStage();
    const client = await open();
    await park();
    client.socket.pause();
    const ping = makeFrame(PING, Buffer.alloc(125, "p"), { masked: true });
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => ping));
    for (let batch = 0; batch < 150; batch += 1) {
      client.socket.write(pings);
      await turns(2);
    }
    expect(client.socket.writableLength).toBeGreaterThan(1024 * 1024);
    client.socket.resume();
    await eventually(() => expect(client.socket.writableLength).toBe(0));
    await order("release");
    await eventually(() => expect(status().counters.spliced).toBe(1));
  });
});

describe("an upstream that does not read", () => {
  test("stops its client, whose pings do not make what is kept stay behind", async () => {
    const { blue, open } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.socket.pause();
    for (let nth = 0; nth < 200; nth += 1) {
      client.sendFrame(TEXT, Buffer.concat([Buffer.from(`${nth} `), Buffer.alloc(65_536, "x")]));
      client.sendFrame(PING, Buffer.alloc(125, "p"));
    }
    await turns(200);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    end.socket.resume();
    await eventually(() => expect(end.messages).toHaveLength(200));
    await expectTalk(client, end);
  });

  test("stops a client that only pings", async () => {
    const { blue, open } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.socket.pause();
    const ping = makeFrame(PING, Buffer.alloc(125, "p"), { masked: true });
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => ping));
    for (let batch = 0; batch < 150; batch += 1) {
      client.socket.write(pings);
      await turns(2);
    }
    expect(client.socket.writableLength).toBeGreaterThan(1024 * 1024);
    end.socket.resume();
    await eventually(() => expect(client.socket.writableLength).toBe(0));
    await expectTalk(client, end);
  });
});

describe("a client that does not read", () => {
  const COUNT = 300;
  const message = (nth: number) => Buffer.concat([Buffer.from(`${nth} `), Buffer.alloc(65_536, "y")]);

  test("gets everything in order when it reads again while its old upstream is being left", async () => {
    const { blue, green, open, cutOver } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    client.socket.pause();
    for (let nth = 0; nth < COUNT; nth += 1) end.write(makeFrame(TEXT, message(nth)));
    await turns(200);
    await cutOver("green");
    await turns(200);
    expect(green.tunnels).toHaveLength(0);
    client.socket.resume();
    await eventually(() => expect(client.messages).toHaveLength(COUNT));
    expect(client.messages.map((text) => Number.parseInt(text, 10))).toEqual(
      Array.from({ length: COUNT }, (_, nth) => nth),
    );
    await expectTalk(client, await endAt(green));
  });

  test("is asked to come back when the old upstream could not be read to its end for it", async () => {
    const { blue, open, cutOver, status, inTime } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    client.socket.pause();
    for (let nth = 0; nth < COUNT; nth += 1) end.write(makeFrame(TEXT, message(nth)));
    await turns(200);
    await cutOver("green");
    await turns();
    await inTime(() => expect(status().counters.givenUp.unsure).toBe(1));
    client.socket.resume();
    await eventually(() => expect(client.received.close?.code).toBe(1012));
    expect(client.received.problem).toBeNull();
  });
});

test("what a parked client's few bytes are inflated to stays within the whole that may be kept", async () => {
  const extensions = "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover";
  const { open, park, status } = await openTunnelStage({
    webSocket: ", splice: { maxBytes: 64KiB, totalBytes: 4MiB }",
    blue: { answer: (accepting) => switching(accepting).replace("\r\n\r\n", `\r\n${extensions}\r\n\r\n`) },
  });
  const client = await open({ headers: [extensions] });
  await park();
  const deflated = deflateRawSync(Buffer.alloc(1024 * 1024), { finishFlush: constants.Z_SYNC_FLUSH });
  const frame = makeFrame(TEXT, deflated.subarray(0, -4), { reserved: RSV1, masked: true });
  client.socket.write(Buffer.concat(Array.from({ length: 40 }, () => frame)));
  // At once: not for being more than one client's share for too long.
  await eventually(() => expect(client.received.close?.code).toBe(1013));
  await eventually(() => expect(status().parked).toBe(0));
  expect(status().counters.givenUp.overflow).toBe(1);
});
