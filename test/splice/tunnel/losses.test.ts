// Upstreams that die. What was never written goes to the next one; what was written last may be lost.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { TEXT } from "../../support/websocket-frames.ts";
import { endAt, expectSentAway, expectTalk, openTunnelStage, startServer, turns } from "./open-stage.ts";

const KEEP = ", splice: { onUnknown: keep }";
/** Nothing counts as unknown but what was never taken. */
const NO_WINDOW = ", splice: { unknownWindow: 0 }";

describe("a client whose upstream dies", () => {
  test("stays when all that it said was answered", async () => {
    const { blue, open, status } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    await expectTalk(client, end);
    end.socket.resetAndDestroy();
    await expectTalk(client, await endAt(blue, 1));
    expect(status().counters).toMatchObject({ spliced: 1, unsureKept: 0, reconnected: 0 });
  });

  test("is sent back when it said something just before", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    const end = await endAt(stage.blue);
    end.say("before");
    await eventually(() => expect(client.messages).toEqual(["before"]));
    client.say("did you hear?");
    await eventually(() => expect(end.messages).toEqual(["did you hear?"]));
    end.socket.resetAndDestroy();
    await expectSentAway(stage, client);
    expect(stage.status().counters).toMatchObject({ spliced: 0, givenUp: { unsure: 1 } });
  });

  test("stays all the same where that is configured, and is counted; nothing is sent twice", async () => {
    const { blue, open, status } = await openTunnelStage({ webSocket: KEEP });
    const client = await open();
    const end = await endAt(blue);
    client.say("did you hear?");
    await eventually(() => expect(end.messages).toEqual(["did you hear?"]));
    end.socket.resetAndDestroy();
    const next = await endAt(blue, 1);
    client.say("again");
    await eventually(() => expect(next.messages).toEqual(["again"]));
    expect(status().counters).toMatchObject({ spliced: 1, unsureKept: 1, reconnected: 0 });
  });

  test("stays when it said its last words longer ago than the window", async () => {
    const { clock, blue, open } = await openTunnelStage({ webSocket: ", splice: { unknownWindow: 2s }" });
    const client = await open();
    const end = await endAt(blue);
    client.say("long ago");
    await eventually(() => expect(end.messages).toEqual(["long ago"]));
    clock.advance(2100);
    end.socket.resetAndDestroy();
    await expectTalk(client, await endAt(blue, 1));
  });
});

describe("a client whose upstream dies", () => {
  test("is sent back when the upstream had stopped taking what it said, however long ago that was", async () => {
    const stage = await openTunnelStage({ webSocket: NO_WINDOW });
    const client = await stage.open();
    const end = await endAt(stage.blue);
    end.socket.pause();
    client.sendFrame(TEXT, Buffer.alloc(16 * 1024 * 1024, "x"));
    await turns(300);
    stage.clock.advance(60_000);
    end.socket.resetAndDestroy();
    await expectSentAway(stage, client);
    expect(stage.status().counters.givenUp.unsure).toBe(1);
  });

  test("has what was never written sent to the next one, in order, and once", async () => {
    const { blue, open } = await openTunnelStage({ webSocket: KEEP });
    const client = await open();
    const end = await endAt(blue);
    end.socket.pause();
    client.sendFrame(TEXT, Buffer.alloc(16 * 1024 * 1024, "x"));
    for (let nth = 0; nth < 100; nth += 1) client.say(`${nth}`);
    await turns(300);
    end.socket.resetAndDestroy();
    const next = await endAt(blue, 1);
    client.say("100");
    await eventually(() => expect(next.messages).toHaveLength(101));
    expect(next.messages.map(Number)).toEqual(Array.from({ length: 101 }, (_, nth) => nth));
  });

  test("loses nothing that it says at the very moment", async () => {
    const { blue, open } = await openTunnelStage({ webSocket: NO_WINDOW });
    const client = await open();
    const end = await endAt(blue);
    await expectTalk(client, end);
    // Both come in with the same turn of the gateway's loop.
    end.socket.resetAndDestroy();
    for (let nth = 0; nth < 10; nth += 1) client.say(`${nth}`);
    const next = await endAt(blue, 1);
    client.say("10");
    await eventually(() => expect(next.messages.at(-1)).toBe("10"));
    expect(next.messages.map(Number)).toEqual(Array.from({ length: 11 }, (_, nth) => nth));
  });
});

describe("a client whose upstream dies,", () => {
  test("whose loss is not to be spliced is sent back, though a cutover would move it", async () => {
    const stage = await openTunnelStage({ onUpstreamLoss: "reconnect" });
    const client = await stage.open();
    (await endAt(stage.blue)).socket.resetAndDestroy();
    await expectSentAway(stage, client);
    expect(stage.blue.tunnels).toHaveLength(1);
    expect(stage.status().counters.reconnected).toBe(1);
  });

  test("and whose protocol cannot be moved just then is sent back, and counted once", async () => {
    const stage = await openTunnelStage({ protocol: "first-message", webSocket: KEEP });
    const client = await stage.open();
    const end = await endAt(stage.blue);
    client.say("I am I");
    await eventually(() => expect(end.messages).toEqual(["I am I"]));
    end.socket.resetAndDestroy();
    await expectSentAway(stage, client);
    expect(stage.blue.tunnels).toHaveLength(1);
    expect(stage.status().counters.givenUp).toMatchObject({ obstacle: 1, replay: 0 });
  });
});

test("an upstream that is killed and comes back finds its clients, and all that they said meanwhile", async () => {
  const { blue, open, status, inTime } = await openTunnelStage();
  const clients = [await open(), await open(), await open()];
  await endAt(blue, 2);
  blue.kill();
  await inTime(() => expect(status().parked).toBe(3));
  for (const client of clients) for (let nth = 0; nth < 5; nth += 1) client.say(`${nth}`);
  await turns();
  const back = await startServer({ port: blue.port });
  await inTime(() => expect(back.tunnels).toHaveLength(3));
  for (const end of back.tunnels) {
    await eventually(() => expect(end.messages).toEqual(["0", "1", "2", "3", "4"]));
  }
  for (const client of clients) expect(client.received.close).toBeNull();
});
