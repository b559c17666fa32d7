// Orders that come while earlier ones are still being carried out.

import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import type { UpstreamEnd } from "../../support/tunnel-server.ts";
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
  type TunnelStage,
} from "./open-stage.ts";

/** A reload whose file has another service in its place. */
function removeService({ gateway }: TunnelStage): Promise<unknown> {
  const services = gateway.settings.services.map((service) => ({ ...service, name: "other" }));
  return gateway.control.reconfigure({ ...gateway.settings, services });
}

describe("a cutover", () => {
  test("while another is under way ends at the last upstream", async () => {
    const { stage, client, end } = await openLeaving((each) => each.cutOver("green"));
    client.say("kept");
    await stage.cutOver("blue");
    answerClose(end);
    await eventually(() => expect(stage.blue.tunnels[1]?.messages).toEqual(["kept"]));
    expect(stage.green.tunnels).toHaveLength(0);
  });

  test("while the new upstream is being asked goes on to the last one", async () => {
    const answers: UpstreamEnd[] = [];
    const stage = await openTunnelStage({ green: { ...SILENT, onTunnel: (end) => void answers.push(end) } });
    const client = await stage.open();
    await stage.cutOver("green");
    await endAt(stage.green);
    client.say("kept");
    await stage.cutOver("blue");
    answers[0]?.socket.destroy();
    await stage.inTime(() => expect(stage.blue.tunnels[1]?.messages).toEqual(["kept"]));
  });

  test("to and fro within one wave leaves everybody with an upstream", async () => {
    const stage = await openTunnelStage({ webSocket: ", waves: { perSecond: 20 }" });
    const clients = await Promise.all(Array.from({ length: 6 }, () => stage.open()));
    await stage.cutOver("green");
    await stage.cutOver("blue");
    await stage.cutOver("green");
    await stage.inTime(() => expect(stage.status()).toMatchObject({ parked: 0, tunnels: 6 }));
    await stage.inTime(() => {
      const linked = stage.green.tunnels.filter(({ received }) => received.close === null);
      expect(linked).toHaveLength(6);
    });
    for (const client of clients) client.say("still here");
    await eventually(() => {
      const heard = stage.green.tunnels.flatMap(({ messages }) => messages);
      expect(heard).toHaveLength(6);
    });
  });
});

describe("maintenance", () => {
  test("while an upstream is being asked sends the client away when that fails", async () => {
    const stage = await openTunnelStage({ green: SILENT });
    const client = await stage.open();
    await stage.cutOver("green");
    const dialled = await endAt(stage.green);
    await stage.order("maintenance_on");
    dialled.socket.destroy();
    await expectSentAway(stage, client);
  });

  test("has the clients of an upstream that is lost sent away", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    const end = await endAt(stage.blue);
    await stage.order("maintenance_on");
    end.socket.destroy();
    await expectSentAway(stage, client);
  });
});

describe("a service that is removed", () => {
  test("sends its parked clients away", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    await stage.park();
    await removeService(stage);
    await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
    await client.closed;
  });

  test("sends those away that were just leaving their upstream", async () => {
    const { stage, client, end } = await openLeaving((each) => each.order("hold"));
    await removeService(stage);
    answerClose(end);
    await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
    await client.closed;
  });

  test("sends those away that were on their way to an upstream", async () => {
    const stage = await openTunnelStage({ green: SILENT });
    const client = await stage.open();
    await stage.cutOver("green");
    const dialled = await endAt(stage.green);
    await removeService(stage);
    await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
    await client.closed;
    await eventually(() => expect(dialled.ended).not.toBe("not yet"));
  });

  test("leaves open tunnels alone until their upstream is lost", async () => {
    const stage = await openTunnelStage();
    const client = await stage.open();
    const end = await endAt(stage.blue);
    await removeService(stage);
    await expectTalk(client, end);
    end.socket.destroy();
    await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
  });
});

describe("the gateway's end", () => {
  test.each(["linked", "parked", "leaving", "dialling"])("sends a client away that is %s", async (state) => {
    const stage = await openTunnelStage({ blue: state === "leaving" ? STUBBORN : {}, green: SILENT });
    const client = await stage.open();
    const end = await endAt(stage.blue);
    if (state === "parked") await stage.park();
    if (state === "leaving") await stage.order("hold");
    if (state === "leaving") await closed(end);
    if (state === "dialling") await stage.cutOver("green");
    if (state === "dialling") await endAt(stage.green);
    const ended = stage.gateway.gateway.close();
    await stage.inTime(() => expect(client.received.close?.code).toBe(1012));
    await client.closed;
    stage.clock.advance(20_000);
    await ended;
  });
});

test("an upstream that is replaced while it is being asked is left for the one in its place", async () => {
  const stage = await openTunnelStage({ green: SILENT });
  const client = await stage.open();
  await stage.cutOver("green");
  await endAt(stage.green);
  client.say("kept");
  await stage.gateway.dispatch({
    type: "put_upstream",
    service: "chat",
    name: "green",
    urls: [stage.blue.url],
  });
  stage.green.kill();
  await stage.inTime(() => expect(stage.blue.tunnels[1]?.messages).toEqual(["kept"]));
});

test("a reload that takes splice away leaves an open tunnel to the other policy", async () => {
  const stage = await openTunnelStage();
  const client = await stage.open();
  await endAt(stage.blue);
  const services = stage.gateway.settings.services.map((service) => ({
    ...service,
    webSocket: {
      ...service.webSocket,
      onCutover: "reconnect" as const,
      onUpstreamLoss: "reconnect" as const,
    },
  }));
  await stage.gateway.control.reconfigure({ ...stage.gateway.settings, services });
  await stage.cutOver("green");
  await expectSentAway(stage, client);
  expect(stage.green.tunnels).toHaveLength(0);
});

test("a drain is over as soon as the upstream that drains has died", async () => {
  const stage = await openTunnelStage({ webSocket: ", waves: { perSecond: 1 }" });
  await stage.open();
  await stage.open();
  await endAt(stage.blue, 1);
  await stage.cutOver("green");
  await endAt(stage.green);
  const finished = () => stage.gateway.events.filter(({ type }) => type === "drain_finished");
  expect(finished()).toEqual([]);
  stage.blue.kill();
  await eventually(() => expect(finished()).toMatchObject([{ upstream: "blue", cut: 0 }]));
});
