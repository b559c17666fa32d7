// What upstreams do that are left, or that leave by themselves.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { UpstreamEnd } from "../../support/tunnel-server.ts";
import { CLOSE, closeFrameOf, makeFrame, TEXT } from "../../support/websocket-frames.ts";
import { closed, endAt, expectSentAway, expectTalk, openTunnelStage, STUBBORN, turns } from "./open-stage.ts";

const LEAVE_MS = 5000;

/** What it does instead of answering a Close. */
function onClose(act: (end: UpstreamEnd) => void) {
  return {
    onTunnel: (end: UpstreamEnd) => {
      end.polite = false;
      end.onFrame = ({ opcode }) => opcode === CLOSE && act(end);
    },
  };
}

describe("an old upstream", () => {
  test("that never answers the Close is left after 5 s, and cut in the end", async () => {
    const { clock, blue, green, open, cutOver, inTime } = await openTunnelStage({ blue: STUBBORN });
    const client = await open();
    const end = await endAt(blue);
    await cutOver("green");
    await closed(end);
    client.say("kept");
    clock.advance(LEAVE_MS - 500);
    await turns();
    expect(green.tunnels).toHaveLength(0);
    await inTime(() => expect(green.tunnels[0]?.messages).toEqual(["kept"]));
    await inTime(() => expect(end.ended).not.toBe("not yet"));
    await expectTalk(client, await endAt(green));
  });

  test.each([
    ["FIN", (end: UpstreamEnd) => end.socket.end()],
    ["RST", (end: UpstreamEnd) => end.socket.resetAndDestroy()],
  ])("that answers the Close with a mere %s is left at once", async (_, leave) => {
    const { blue, green, open, cutOver } = await openTunnelStage({ blue: onClose(leave) });
    const client = await open();
    const end = await endAt(blue);
    await expectTalk(client, end);
    await cutOver("green");
    await expectTalk(client, await endAt(green));
  });

  test("that goes on talking is heard until it answers, before anything of the new one", async () => {
    const { blue, green, open, cutOver } = await openTunnelStage({ blue: STUBBORN });
    const client = await open();
    const end = await endAt(blue);
    await cutOver("green");
    await closed(end);
    for (let nth = 0; nth < 1000; nth += 1) end.say(`${nth}`);
    await turns();
    expect(green.tunnels).toHaveLength(0);
    end.socket.end(Buffer.concat([makeFrame(TEXT, "last"), closeFrameOf(1001), makeFrame(TEXT, "ghost")]));
    const next = await endAt(green);
    await eventually(() => expect(client.messages).toHaveLength(1001));
    expect(client.messages.at(-1)).toBe("last");
    await expectTalk(client, next);
  });
});

describe("an old upstream", () => {
  test("that talks on for longer than is waited costs its client the connection: it would miss the rest", async () => {
    const stage = await openTunnelStage({ blue: STUBBORN });
    const client = await stage.open();
    const end = await endAt(stage.blue);
    await stage.cutOver("green");
    await closed(end);
    for (let nth = 0; nth < 10; nth += 1) {
      end.say(`${nth}`);
      await turns();
      stage.clock.advance(500);
    }
    await expectSentAway(stage, client);
    expect(stage.status().counters.givenUp.unsure).toBe(1);
    expect(client.messages).toHaveLength(10);
  });

  test("that says a large last word with its Close is let go at once", async () => {
    const last = Buffer.concat([makeFrame(TEXT, Buffer.alloc(300_000, "l")), closeFrameOf(1001)]);
    const { blue, green, open, cutOver } = await openTunnelStage({
      blue: onClose((end) => void end.socket.write(last)),
    });
    const client = await open();
    const end = await endAt(blue);
    await cutOver("green");
    await expectTalk(client, await endAt(green));
    await eventually(() => expect(end.ended).toBe("orderly"));
  });

  test.each([1000, 1005, 4000])("may answer the Close with %i", async (code) => {
    const answer = code === 1005 ? makeFrame(CLOSE, "") : closeFrameOf(code);
    const { green, open, cutOver } = await openTunnelStage({
      blue: onClose((end) => end.socket.end(answer)),
    });
    const client = await open();
    await cutOver("green");
    await expectTalk(client, await endAt(green));
  });

  test("that breaks the rules while it is left is left at once", async () => {
    const { green, open, cutOver } = await openTunnelStage({
      blue: onClose((end) => end.socket.write(Buffer.from([0xf3, 0x00]))),
    });
    const client = await open();
    await cutOver("green");
    await eventually(() => expect(client.received.close ?? green.tunnels[0] ?? null).not.toBeNull());
    expect(client.received.problem).toBeNull();
  });
});

describe("an upstream that ends by itself", () => {
  test.each([1000, 1011, 4000])("with %i has that passed on to its client", async (code) => {
    const { blue, open, status } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.say("bye");
    end.socket.write(closeFrameOf(code, "because"));
    await eventually(() => expect(client.received.close).toEqual({ code, reason: "because" }));
    expect(client.messages).toEqual(["bye"]);
    await client.closed;
    await eventually(() => expect(end.received.close?.code).toBe(code));
    await eventually(() => expect(status().tunnels).toBe(0));
    expect(status().counters.cut).toBe(0);
  });

  test.each([1001, 1012])("with %i only goes away: its client stays for the next one", async (code) => {
    const { blue, open } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    await expectTalk(client, end);
    end.socket.end(closeFrameOf(code));
    await expectTalk(client, await endAt(blue, 1));
  });

  test("while its client is not read has the client's answer read all the same", async () => {
    const { blue, open, status } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.socket.pause();
    for (let nth = 0; nth < 300; nth += 1) client.sendFrame(TEXT, Buffer.alloc(65_536, "x"));
    await turns(200);
    expect(client.socket.writableLength).toBeGreaterThan(0);
    end.socket.write(closeFrameOf(4000));
    await eventually(() => expect(client.received.close?.code).toBe(4000));
    end.socket.resume();
    await client.closed;
    await eventually(() => expect(status().tunnels).toBe(0));
    expect(status().counters.cut).toBe(0);
  });

  test("is broken off when it breaks the rules, and its client stays for the next one", async () => {
    const { blue, open } = await openTunnelStage();
    const client = await open();
    const end = await endAt(blue);
    end.socket.write(Buffer.from([0xf3, 0x00]));
    await eventually(() => expect(end.received.close?.code).toBe(1002));
    await expectTalk(client, await endAt(blue, 1));
    expect(client.received.problem).toBeNull();
  });
});

test("an unfinished opening is given up when the upstream ends meanwhile, and its Close passed on", async () => {
  const { clock, blue, open, cutOver, status } = await openTunnelStage({ protocol: "first-message" });
  const client = await open();
  client.say("I am I");
  const end = await endAt(blue);
  await eventually(() => expect(end.messages).toEqual(["I am I"]));
  await cutOver("green");
  clock.advance(600);
  end.polite = false;
  end.socket.write(closeFrameOf(4001, "who?"));
  await eventually(() => expect(client.received.close?.code).toBe(4001));
  await client.closed;
  await eventually(() => expect(status().tunnels).toBe(0));
  clock.advance(1000);
  expect(status().counters).toMatchObject({ cut: 0, reconnected: 0 });
});

test("a protocol that cannot be moved any more is given up, and its client sent back", async () => {
  const stage = await openTunnelStage({ protocol: "first-message" });
  const client = await stage.open();
  client.say("I am I");
  const end = await endAt(stage.blue);
  await eventually(() => expect(end.messages).toEqual(["I am I"]));
  await stage.cutOver("green");
  await expectSentAway(stage, client);
  expect(stage.status().counters.givenUp.obstacle).toBe(1);
  expect(stage.green.tunnels).toHaveLength(0);
});
