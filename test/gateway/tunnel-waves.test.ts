import { describe, expect, onTestFinished, test } from "vitest";
import { cutOver } from "../support/cut-over.ts";
import { eventually } from "../support/eventually.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openGateway } from "../support/open-gateway.ts";
import { RawUpstream } from "../support/raw-upstream.ts";
import { acceptKey, RawWebSocket, type RawWebSocketOptions } from "../support/raw-websocket.ts";
import type { StartedGateway } from "../support/start-gateway.ts";
import { switching, TunnelServer } from "../support/tunnel-server.ts";
import { BINARY, makeFrame, TEXT } from "../support/websocket-frames.ts";

const RESTART = { code: 1012, reason: "service restart" };
const TICK_MS = 50;

interface Stage {
  clock: ManualClock;
  blue: TunnelServer;
  green: TunnelServer;
  gateway: StartedGateway;
  open: (options?: RawWebSocketOptions) => Promise<RawWebSocket>;
  /** Opens so many, one after the other, the clock going on between them. */
  openInTurn: (count: number) => Promise<RawWebSocket[]>;
}

/** `webSocket` is YAML of the service's `websocket`. Everything ends with the test. */
async function openStage(webSocket: string, more = ""): Promise<Stage> {
  const clock = new ManualClock();
  const [blue, green] = [await TunnelServer.start(), await TunnelServer.start()];
  onTestFinished(() => blue.close());
  onTestFinished(() => green.close());
  const gateway = await openGateway({
    blue: blue.url,
    service: `    websocket: ${webSocket}\n${more}`,
    clock,
  });
  const open = async (options?: RawWebSocketOptions): Promise<RawWebSocket> => {
    const client = await RawWebSocket.open(gateway.port, options);
    onTestFinished(() => client.destroy());
    return client;
  };
  const openInTurn = async (count: number): Promise<RawWebSocket[]> => {
    const clients: RawWebSocket[] = [];
    while (clients.length < count) {
      clients.push(await open());
      clock.advance(1);
    }
    return clients;
  };
  return { clock, blue, green, gateway, open, openInTurn };
}

/** Lets time pass tick by tick until all have got their Close; gives how many had it at each tick. */
async function closedAtEachTick(clock: ManualClock, clients: RawWebSocket[]): Promise<number[]> {
  const counts: number[] = [];
  const closed = (): number => clients.filter(({ received }) => received.close !== null).length;
  for (let atOnce = await settled(closed); atOnce < clients.length; atOnce = await settled(closed)) {
    counts.push(atOnce);
    clock.advance(TICK_MS);
  }
  return [...counts, clients.length];
}

/** Whatever was sent before has arrived when the number stays the same over a round trip of the loop. */
async function settled(count: () => number): Promise<number> {
  for (let before = -1; ;) {
    const now = count();
    if (now === before) return now;
    before = now;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("the pace of the waves", () => {
  test("is what is configured, steadily, oldest first", async () => {
    const { clock, green, gateway, openInTurn } = await openStage("{ waves: { perSecond: 40 } }");
    const clients = await openInTurn(50);
    const order: RawWebSocket[] = [];
    for (const client of clients) client.onFrame = () => order.push(client);
    await cutOver(gateway, "green", green.url);
    const counts = await closedAtEachTick(clock, clients);
    // 40 a second are two each 50 ms.
    expect(counts).toEqual(Array.from({ length: 25 }, (_, tick) => 2 * (tick + 1)));
    expect(order).toEqual(clients);
    expect(clients.every(({ received }) => received.problem === null && received.frames === 1)).toBe(true);
  });

  test("holds for a rate that is no whole number of tunnels in a tick", async () => {
    const { clock, green, gateway, openInTurn } = await openStage("{ waves: { perSecond: 7 } }");
    const clients = await openInTurn(15);
    await cutOver(gateway, "green", green.url);
    const counts = await closedAtEachTick(clock, clients);
    for (let at = 0; at + 20 < counts.length; at++) {
      expect((counts[at + 20] ?? 0) - (counts[at] ?? 0)).toBeLessThanOrEqual(7);
    }
    expect(counts.length).toBe(1 + (14 * 1000) / 7 / TICK_MS);
  });

  test("holds for tunnels whose upstream has died too", async () => {
    const { clock, blue, gateway, openInTurn } = await openStage("{ waves: { perSecond: 40 } }");
    const clients = await openInTurn(20);
    blue.kill();
    await eventually(() => expect(clients.some(({ received }) => received.close)).toBe(true));
    const counts = await closedAtEachTick(clock, clients);
    expect(counts).toEqual(Array.from({ length: 10 }, (_, tick) => 2 * (tick + 1)));
    expect(gateway.service.status()).toMatchObject({ tunnels: 0, counters: { reconnected: 20, cut: 0 } });
  });
});

describe("what a cutover does with a tunnel", () => {
  const BY_PATH =
    "{ onCutover: reconnect, paths: { /voice: { onCutover: drain }, /voice/lobby: { onCutover: reconnect } } }";

  test("goes by its path, the longest prefix winning", async () => {
    const { green, gateway, open } = await openStage(BY_PATH);
    const leaving = [
      await open({ path: "/ws" }),
      await open({ path: "/voice/lobby?room=1" }),
      await open({ path: "/voices" }),
    ];
    const staying = [await open({ path: "/voice" }), await open({ path: "/voice/room/7" })];
    await cutOver(gateway, "green", green.url);
    await Promise.all(leaving.map((client) => client.closed));
    expect(leaving.map(({ received }) => received.close)).toEqual([RESTART, RESTART, RESTART]);
    expect(staying.map(({ received }) => received.close)).toEqual([null, null]);
    expect(gateway.service.status().tunnels).toBe(2);
  });

  test("may be to leave it on the old upstream until the drain's deadline, then it is closed in a wave", async () => {
    const { clock, blue, green, gateway, open } = await openStage(
      "{ onCutover: drain }",
      "    drainTimeout: 10s",
    );
    const client = await open();
    await cutOver(gateway, "green", green.url);
    clock.advance(9_900);
    client.say("still here");
    await eventually(() => expect(blue.tunnels[0]?.messages).toEqual(["still here"]));
    blue.tunnels[0]?.say("so am I");
    await eventually(() => expect(client.messages).toEqual(["so am I"]));
    clock.advance(200);
    await client.closed;
    expect(client.received).toMatchObject({ problem: null, close: RESTART });
    await eventually(() =>
      expect(gateway.events.at(-1)).toMatchObject({ type: "drain_finished", upstream: "blue" }),
    );
  });

  test("ends with the drain when a client leaves by itself", async () => {
    const { green, gateway, open } = await openStage("{ onCutover: drain }");
    const client = await open();
    await cutOver(gateway, "green", green.url);
    client.destroy();
    await eventually(() => expect(gateway.events.at(-1)).toMatchObject({ type: "drain_finished" }));
    expect(gateway.service.status().counters).toMatchObject({ tunnelsClosed: 1, reconnected: 0, cut: 0 });
  });

  test("is undone by a rollback for those whose turn has not come", async () => {
    const { clock, green, gateway, openInTurn } = await openStage("{ waves: { perSecond: 20 } }");
    const clients = await openInTurn(5);
    await cutOver(gateway, "green", green.url);
    await gateway.dispatch({ type: "rollback", service: "chat", force: true, previousHealthy: false });
    clock.advance(5_000);
    const [first, ...others] = clients;
    await first?.closed;
    expect(first?.received.close).toEqual(RESTART);
    others.forEach((client, at) => client.say(`still here ${at}`));
    await eventually(() => expect(gateway.service.status()).toMatchObject({ tunnels: 4 }));
    expect(others.map(({ received }) => received.close)).toEqual([null, null, null, null]);
  });
});

describe("a handshake that was under way at the cutover", () => {
  /** Answers handshakes only when the test says so. */
  async function cutOverDuringHandshake(webSocket: string) {
    const blue = await RawUpstream.start(() => {});
    const green = await RawUpstream.start();
    const gateway = await openGateway({
      blue: blue.url,
      service: `    websocket: ${webSocket}`,
      clock: new ManualClock(),
    });
    const client = new RawWebSocket(gateway.port);
    onTestFinished(() => client.destroy());
    await eventually(() => expect(blue.heard).toContain(client.key));
    await cutOver(gateway, "green", green.url);
    const handshake = blue.requests.find(({ head }) => head.includes(client.key));
    handshake?.connection.send(switching(acceptKey(client.key)));
    expect(await client.answered).toBe(101);
    return { gateway, client, upstream: handshake?.connection };
  }

  test("opens a tunnel to the old upstream, which is sent away at once", async () => {
    const { gateway, client } = await cutOverDuringHandshake("{}");
    await client.closed;
    expect(client.received).toMatchObject({ problem: null, frames: 1, close: RESTART });
    await eventually(() => expect(gateway.events.at(-1)).toMatchObject({ type: "drain_finished" }));
  });

  test("opens a tunnel that may stay when its path is to be drained", async () => {
    const { gateway, client, upstream } = await cutOverDuringHandshake("{ onCutover: drain }");
    upstream?.send(makeFrame(TEXT, "welcome"));
    await eventually(() => expect(client.messages).toEqual(["welcome"]));
    expect(gateway.service.status()).toMatchObject({ tunnels: 1, counters: { reconnected: 0 } });
  });
});

describe("what is counted", () => {
  test("a tunnel whose client never answers the Close is cut, and the drain ends", async () => {
    const { clock, green, gateway, open } = await openStage("{}");
    const client = await open({ polite: false });
    await cutOver(gateway, "green", green.url);
    await eventually(() => expect(client.received.close).toEqual(RESTART));
    clock.advance(2_500);
    await client.closed;
    expect(gateway.service.status().counters).toMatchObject({ tunnelsClosed: 1, reconnected: 1, cut: 1 });
    await eventually(() => expect(gateway.events.at(-1)).toMatchObject({ type: "drain_finished" }));
  });

  test("a tunnel that was lost inside a frame is cut, not sent away", async () => {
    const { blue, gateway, open } = await openStage("{}");
    const client = await open();
    blue.tunnels[0]?.write(makeFrame(BINARY, Buffer.alloc(100)).subarray(0, 50));
    await eventually(() => expect(client.received.unreadBytes).toBe(50));
    blue.kill();
    await client.closed;
    expect(client.received).toMatchObject({ close: null, unreadBytes: 50 });
    expect(gateway.service.status().counters).toMatchObject({ tunnelsClosed: 1, reconnected: 0, cut: 1 });
  });

  test("a tunnel that both sides end by themselves is neither", async () => {
    const { gateway, open } = await openStage("{}");
    const client = await open({ polite: false });
    client.close(1000);
    await client.closed;
    await eventually(() =>
      expect(gateway.service.status().counters).toMatchObject({ tunnelsClosed: 1, reconnected: 0, cut: 0 }),
    );
  });
});
