// Holds that come, and end, while tunnels are being moved.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { RawWebSocket } from "../../support/raw-websocket.ts";
import { switching, type UpstreamEnd } from "../../support/tunnel-server.ts";
import {
  answerClose,
  closed,
  endAt,
  expectSentAway,
  expectTalk,
  openLeaving,
  openTunnelStage,
  SILENT,
  STUBBORN,
  turns,
} from "./open-stage.ts";

describe("a hold that comes", () => {
  test("turns a tunnel back that is just on its way: nothing is left of it on the upstream to be stopped", async () => {
    const stage = await openTunnelStage({ green: SILENT });
    const client = await stage.open();
    await stage.cutOver("green");
    const dialled = await endAt(stage.green);
    await stage.order("hold");
    await eventually(() => expect(dialled.ended).not.toBe("not yet"));
    expect(stage.gateway.events.map(({ type }) => type)).toContain("hold_settled");
    client.say("kept");
    await stage.cutOver("blue");
    await stage.order("release");
    await eventually(() => expect(stage.blue.tunnels[1]?.messages).toEqual(["kept"]));
  });

  test("turns a tunnel back from the replay, and releases it to another one", async () => {
    const stage = await openTunnelStage({ protocol: "first-message" });
    const client = await stage.open();
    client.say("I am I");
    (await endAt(stage.blue)).say("welcome");
    await eventually(() => expect(client.messages).toEqual(["welcome"]));
    await eventually(() => expect(stage.blue.tunnels[0]?.messages).toEqual(["I am I"]));
    await stage.cutOver("green");
    const dialled = await endAt(stage.green);
    await eventually(() => expect(dialled.messages).toEqual(["I am I"]));
    await stage.order("hold");
    await closed(dialled);
    await stage.order("release");
    const end = await endAt(stage.green, 1);
    await eventually(() => expect(end.messages).toEqual(["I am I"]));
    end.say("welcome");
    await expectTalk(client, end);
    expect(client.messages.filter((text) => text === "welcome")).toHaveLength(1);
  });

  test("parks a tunnel whose handshake was under way when it came", async () => {
    const answers: (() => void)[] = [];
    const onTunnel = (end: UpstreamEnd) => {
      answers.push(() => end.socket.write(switching(keyOf(end))));
    };
    const stage = await openTunnelStage({ blue: { onTunnel, answer: () => "" } });
    const client = new RawWebSocket(stage.gateway.port);
    await endAt(stage.blue);
    await stage.order("hold");
    await turns();
    answers[0]?.();
    expect(await client.answered).toBe(101);
    await eventually(() => expect(stage.status().parked).toBe(1));
    client.destroy();
  });
});

describe("a hold", () => {
  test("that is released before all have left moves the last ones when they have", async () => {
    const { stage, client, end } = await openLeaving((each) => each.order("hold"));
    client.say("kept");
    await stage.order("release");
    await turns();
    expect(stage.blue.tunnels).toHaveLength(1);
    answerClose(end);
    await eventually(() => expect(stage.blue.tunnels[1]?.messages).toEqual(["kept"]));
  });

  test("in which the cutover is undone leaves nothing on the upstream that is active again", async () => {
    const stage = await openTunnelStage({ blue: STUBBORN, webSocket: ", waves: { perSecond: 1 }" });
    await stage.open();
    await stage.open();
    const [first, second] = [await endAt(stage.blue), await endAt(stage.blue, 1)];
    await stage.cutOver("green");
    await closed(first);
    await stage.order("hold");
    expect(second.received.close).toBeNull();
    await stage.cutOver("blue");
    await closed(second);
    answerClose(first);
    answerClose(second);
    await eventually(() => expect(stage.status().parked).toBe(2));
  });
});

describe("a hold that goes on", () => {
  test("as maintenance sends the parked clients away, and those still to leave", async () => {
    const { stage, client, end } = await openLeaving((each) => each.order("hold"));
    await stage.order("maintenance_on");
    answerClose(end);
    await expectSentAway(stage, client);
    expect(stage.status().counters.givenUp.unreachable).toBe(1);
  });

  test("as maintenance, its lease being over, sends the parked clients away in waves", async () => {
    const stage = await openTunnelStage({
      service: "    hold: { lease: 60s }",
      webSocket: ", waves: { perSecond: 20 }",
    });
    const clients = await Promise.all(Array.from({ length: 10 }, () => stage.open()));
    await stage.park(10);
    stage.clock.advance(60_000);
    await turns();
    const gone = () => clients.filter(({ received }) => received.close?.code === 1012).length;
    expect(gone()).toBeLessThan(10);
    await stage.inTime(() => expect(gone()).toBe(10));
    await eventually(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 0 }));
  });

  test("outlasts the lease of an automatic one", async () => {
    const stage = await openTunnelStage({ service: "    hold: { lease: 60s }" });
    const client = await stage.open();
    const { port } = stage.blue;
    stage.blue.kill();
    await stage.inTime(() => expect(stage.status().automaticHoldSince).not.toBeNull());
    await stage.gateway.dispatch({ type: "hold", service: "chat", leaseMs: 3_600_000 });
    stage.clock.advance(120_000);
    await turns();
    expect(client.received.close).toBeNull();
    expect(port).toBeGreaterThan(0);
    await stage.cutOver("green");
    await stage.order("release");
    await expectTalk(client, await endAt(stage.green));
  });
});

function keyOf(end: UpstreamEnd): string {
  return /^sec-websocket-key: *(.*)$/im.exec(end.head)?.[1] ?? "";
}
