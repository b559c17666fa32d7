// Clients that leave, however and whenever: what they said is delivered, and nothing of them stays.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { RawWebSocket } from "../../support/raw-websocket.ts";
import type { UpstreamEnd } from "../../support/tunnel-server.ts";
import { TEXT } from "../../support/websocket-frames.ts";
import {
  answerClose,
  endAt,
  openLeaving,
  openTunnelStage,
  SILENT,
  type TunnelStage,
  turns,
} from "./open-stage.ts";

const WAYS: [string, (client: RawWebSocket) => void][] = [
  ["a Close", (client) => client.close(4321, "enough")],
  ["a FIN", (client) => client.socket.end()],
  ["a RST", (client) => client.socket.resetAndDestroy()],
];

/** What upstreams see of a client's end. */
function expectedClose(way: string): { code: number; reason: string } | null {
  return way === "a Close" ? { code: 4321, reason: "" } : null;
}

async function expectNothingLeft(stage: TunnelStage): Promise<void> {
  await stage.inTime(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 0 }));
  const { tunnelsOpened, tunnelsClosed, reconnected } = stage.status().counters;
  expect({ open: tunnelsOpened - tunnelsClosed, reconnected }).toEqual({ open: 0, reconnected: 0 });
}

async function expectLastWords(end: UpstreamEnd, words: string[], way: string): Promise<void> {
  await eventually(() => expect(end.messages).toEqual(words));
  await eventually(() => expect(end.ended).toBe("orderly"));
  expect(end.received.close).toEqual(expectedClose(way));
  expect(end.received.problem).toBeNull();
}

describe.each(WAYS)("a client that leaves by %s", (way, leave) => {
  test("while it is linked takes its upstream's end along", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    const end = await endAt(stage.blue);
    client.say("words");
    await eventually(() => expect(end.messages).toEqual(["words"]));
    leave(client);
    await eventually(() => expect(end.ended).toBe("orderly"));
    expect(end.received.close?.code).toBe(expectedClose(way)?.code);
    await expectNothingLeft(stage);
  });

  test("while it is parked and has said nothing is forgotten", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    await stage.park();
    leave(client);
    await expectNothingLeft(stage);
    await stage.order("release");
    await turns();
    expect(stage.blue.tunnels).toHaveLength(1);
  });

  test("while it is parked has its last words said to the next upstream", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    await stage.park();
    client.say("one");
    client.say("two");
    await turns();
    leave(client);
    await client.closed;
    await stage.cutOver("green");
    await stage.order("release");
    await expectLastWords(await endAt(stage.green), ["one", "two"], way);
    await expectNothingLeft(stage);
  });

  test("while it is parked, and nothing comes back, is forgotten at the hold's end", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    await stage.park();
    client.say("one");
    await turns();
    leave(client);
    await client.closed;
    await stage.order("maintenance_on");
    await stage.inTime(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 0 }));
  });
});

describe.each(WAYS)("a client that leaves by %s", (way, leave) => {
  test("while its old upstream is being left has its last words said to the next", async () => {
    const { stage, client, end } = await openLeaving((each) => each.cutOver("green"));
    client.say("one");
    await turns();
    if (way !== "a RST") leave(client);
    answerClose(end);
    const next = await endAt(stage.green);
    await eventually(() => expect(next.messages).toEqual(["one"]));
    if (way === "a RST") leave(client);
    await eventually(() => expect(next.ended).toBe("orderly"));
    await expectNothingLeft(stage);
  });

  test("while a new upstream is being asked is forgotten, and so is the question", async () => {
    const stage = await openTunnelStage({ green: SILENT });
    const client = await stage.open();
    await stage.cutOver("green");
    const dialled = await endAt(stage.green);
    leave(client);
    await eventually(() => expect(dialled.ended).not.toBe("not yet"));
    await expectNothingLeft(stage);
  });

  test("while the upstream reads slowly has its last words said to it", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    const end = await endAt(stage.blue);
    end.socket.pause();
    client.sendFrame(TEXT, Buffer.alloc(12 * 1024 * 1024, "x"));
    client.say("one");
    client.say("two");
    await eventually(() => expect(client.socket.writableLength).toBe(0));
    await turns();
    leave(client);
    await client.closed;
    await turns();
    end.socket.resume();
    await eventually(() => expect(end.messages.slice(1)).toEqual(["one", "two"]));
    await eventually(() => expect(end.ended).toBe("orderly"));
    await expectNothingLeft(stage);
  });
});

test("a client that does not answer its Close is cut in the end, and counted", async () => {
  const stage = await openTunnelStage();
  const client = await stage.open({ polite: false });
  await stage.park();
  await stage.order("maintenance_on");
  await eventually(() => expect(client.received.close?.code).toBe(1012));
  await stage.inTime(() => expect(stage.status().counters.cut).toBe(1));
  await client.closed;
});

test("what a client says between the gateway's Close and its own still reaches its upstream, without a gap", async () => {
  const stage = await openTunnelStage({ protocol: "first-message" });
  const client = await stage.open({ polite: false });
  const end = await endAt(stage.blue);
  end.socket.pause();
  client.sendFrame(TEXT, Buffer.alloc(12 * 1024 * 1024, "x"));
  for (let nth = 0; nth < 20; nth += 1) client.say(`${nth}`);
  await eventually(() => expect(client.socket.writableLength).toBe(0));
  await turns();
  const closing = stage.gateway.gateway.close();
  await eventually(() => expect(client.received.close?.code).toBe(1012));
  client.say("20");
  client.close(1012);
  await client.closed;
  end.socket.resume();
  await eventually(() => expect(end.messages).toHaveLength(22));
  expect(end.messages.slice(1).map(Number)).toEqual(Array.from({ length: 21 }, (_, nth) => nth));
  stage.clock.advance(20_000);
  await closing;
});

test("a client that has left does not leave its tunnel behind with an upstream that never reads", async () => {
  const stage = await openTunnelStage();
  const client = await stage.open();
  const end = await endAt(stage.blue);
  end.socket.pause();
  client.sendFrame(TEXT, Buffer.alloc(12 * 1024 * 1024, "x"));
  client.say("kept");
  await eventually(() => expect(client.socket.writableLength).toBe(0));
  await turns();
  client.close(1000);
  await client.closed;
  stage.clock.advance(9000);
  expect(stage.status().tunnels).toBe(1);
  await stage.inTime(() => expect(stage.status().tunnels).toBe(0));
});

test("what a client has said before it left is kept for as long as the hold lasts", async () => {
  const stage = await openTunnelStage();
  const client = await stage.open();
  await stage.park();
  client.say("kept");
  await turns();
  client.close(1000);
  await client.closed;
  stage.clock.advance(120_000);
  await stage.order("release");
  await eventually(() => expect(stage.blue.tunnels[1]?.messages).toEqual(["kept"]));
  await expectNothingLeft(stage);
});
