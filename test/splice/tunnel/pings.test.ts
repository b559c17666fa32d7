// A client's pings are answered with what they carried, whatever its tunnel is doing.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { RawWebSocket } from "../../support/raw-websocket.ts";
import type { UpstreamEnd } from "../../support/tunnel-server.ts";
import { PING, PONG } from "../../support/websocket-frames.ts";
import { endAt, expectTalk, openTunnelStage, turns } from "./open-stage.ts";

function pongsOf(client: RawWebSocket): string[] {
  const pongs: string[] = [];
  client.onFrame = ({ opcode, payload }) => opcode === PONG && pongs.push(payload.toString());
  return pongs;
}

function pingsOf(end: UpstreamEnd): string[] {
  const pings: string[] = [];
  end.onFrame = ({ opcode, payload }) => opcode === PING && pings.push(payload.toString());
  return pings;
}

describe("a client's ping", () => {
  test("is the upstream's to answer while there is one", async () => {
    const { blue, open } = await openTunnelStage();
    const client = await open();
    const pongs = pongsOf(client);
    const pings = pingsOf(await endAt(blue));
    client.sendFrame(PING, "hello");
    await eventually(() => expect(pings).toEqual(["hello"]));
    await turns();
    expect(pongs).toEqual([]);
    blue.tunnels[0]?.socket.write(Buffer.concat([Buffer.from([0x8a, 5]), Buffer.from("hello")]));
    await eventually(() => expect(pongs).toEqual(["hello"]));
  });

  test("is answered while the tunnel is parked", async () => {
    const { open, park } = await openTunnelStage();
    const client = await open();
    const pongs = pongsOf(client);
    await park();
    client.sendFrame(PING, "one");
    client.sendFrame(PING, "");
    await eventually(() => expect(pongs).toEqual(["one", ""]));
  });

  test("that the old upstream has not answered is answered at the move, also behind one that it has", async () => {
    const { blue, green, open, cutOver } = await openTunnelStage();
    const client = await open();
    const pongs = pongsOf(client);
    const end = await endAt(blue);
    const pings = pingsOf(end);
    end.polite = true;
    client.sendFrame(PING, "first");
    client.sendFrame(PING, "second");
    await eventually(() => expect(pings).toEqual(["first", "second"]));
    end.socket.write(Buffer.concat([Buffer.from([0x8a, 5]), Buffer.from("first")]));
    await eventually(() => expect(pongs).toEqual(["first"]));
    await cutOver("green");
    await eventually(() => expect(pongs).toEqual(["first", "second"]));
    await expectTalk(client, await endAt(green));
  });

  test("is answered while a new upstream is asked, and does not answer", async () => {
    const { open, cutOver, status } = await openTunnelStage({ green: { answer: () => "" } });
    const client = await open();
    const pongs = pongsOf(client);
    await cutOver("green");
    await eventually(() => expect(status().parked).toBe(1));
    client.sendFrame(PING, "there?");
    await eventually(() => expect(pongs).toEqual(["there?"]));
  });
});

describe("many pings", () => {
  test("are no part of what is kept: a parked client that pings for hours is not sent away", async () => {
    const { clock, open, status, park } = await openTunnelStage({
      webSocket: ", splice: { maxBytes: 1KiB }",
    });
    const client = await open();
    const pongs = pongsOf(client);
    for (let nth = 0; nth < 50; nth += 1) client.sendFrame(PONG, "unasked");
    await park();
    for (let nth = 0; nth < 500; nth += 1) client.sendFrame(PING, `${nth}`);
    await eventually(() => expect(pongs).toHaveLength(500));
    clock.advance(11_000);
    await turns();
    expect(client.received.close).toBeNull();
    expect(status().counters.givenUp.overflow).toBe(0);
  });

  test("count as little when they come between the fragments of a message", async () => {
    const { clock, open, park } = await openTunnelStage({
      webSocket: ", splice: { maxBytes: 1KiB }",
    });
    const client = await open();
    const pongs = pongsOf(client);
    await park();
    client.sendFrame(1, "begin", { final: false });
    for (let nth = 0; nth < 200; nth += 1) client.sendFrame(PING, `${nth}`);
    await eventually(() => expect(pongs).toHaveLength(200));
    clock.advance(11_000);
    await turns();
    expect(client.received.close).toBeNull();
  });
});

describe("an upstream's ping", () => {
  test("is the client's to answer, and its pong comes back", async () => {
    const { blue, open } = await openTunnelStage();
    const client = await open();
    const pings: string[] = [];
    client.onFrame = ({ opcode, payload }) => opcode === PING && pings.push(payload.toString());
    const end = await endAt(blue);
    const pongs: string[] = [];
    end.onFrame = ({ opcode, payload }) => opcode === PONG && pongs.push(payload.toString());
    end.socket.write(Buffer.concat([Buffer.from([0x89, 4]), Buffer.from("you?")]));
    await eventually(() => expect(pings).toEqual(["you?"]));
    client.sendFrame(PONG, "you?");
    await eventually(() => expect(pongs).toEqual(["you?"]));
  });

  test("of an upstream that is being left is answered here, unless the Close has gone before", async () => {
    const { blue, green, open, cutOver } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.polite = false;
    end.onFrame = ({ opcode }) =>
      opcode === 8 &&
      end.socket.end(Buffer.concat([Buffer.from([0x89, 0]), Buffer.from([0x88, 2, 0x03, 0xe9])]));
    await cutOver("green");
    await expectTalk(client, await endAt(green));
    expect(end.received.problem).toBeNull();
    expect(client.received.problem).toBeNull();
  });

  test("of a new upstream is answered here before the client is known there", async () => {
    const pongs: string[] = [];
    const { blue, green, open, cutOver } = await openTunnelStage({
      protocol: "first-message",
      green: {
        onTunnel: (end) => {
          end.onFrame = ({ opcode, payload }) => {
            if (opcode === PONG) pongs.push(payload.toString());
            if (opcode === 1 && pongs.length === 0) {
              end.socket.write(Buffer.concat([Buffer.from([0x89, 4]), Buffer.from("who?")]));
            }
          };
        },
      },
    });
    const client = await open();
    client.say("I am I");
    const end = await endAt(blue);
    await eventually(() => expect(end.messages).toEqual(["I am I"]));
    end.say("welcome");
    await eventually(() => expect(client.messages).toEqual(["welcome"]));
    await cutOver("green");
    await eventually(() => expect(pongs).toEqual(["who?"]));
    green.tunnels[0]?.say("welcome");
    await expectTalk(client, await endAt(green));
  });
});
