// Socket.IO clients that talk by HTTP long-polling, with the library's real client and server: alone, or until their
// WebSocket takes over.

import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import type { RigClient } from "../rigs/rig.ts";
import { socketIoRig } from "../rigs/socket-io-rig.ts";
import { expectNothingLost, openStage, type Stage, talk } from "./numbered-traffic.ts";

const ANSWER_MS = 2000;
const HOLD_MS = 3000;

async function meet(transports: readonly ("polling" | "websocket")[], count: number) {
  const stage = await openStage({ title: "polling", rig: socketIoRig(transports) });
  const [blue] = stage.servers;
  if (!blue) throw new Error("there is no server");
  return { stage, blue, clients: await stage.connect(count) };
}

/** Numbers both ways that come as they were sent: the next one goes out when the last has come. */
async function exchange(stage: Stage, clients: readonly RigClient[]): Promise<void> {
  const traffic = talk(stage, clients, 20);
  await eventually(() => {
    for (const client of clients) expect(client.received.length).toBeGreaterThan(10);
  });
  traffic.stop();
  await expectNothingLost(stage, clients);
}

/** Nobody only looks connected. */
function askAll(clients: readonly RigClient[]): Promise<unknown> {
  return Promise.all(clients.map(async (client) => client.ask?.(AbortSignal.timeout(ANSWER_MS))));
}

test("clients that begin with polling are moved with their tunnels, under traffic", async () => {
  const count = 20;
  const { stage, blue, clients } = await meet(["polling", "websocket"], count);
  const green = await stage.startServer("green");
  const traffic = talk(stage, clients, 50);
  for (const to of [green, blue, green, blue]) {
    await cutOver(stage.gateway, to.version, to.url);
    await eventually(() => expect(to.connections).toBe(count), 10_000);
    await askAll(clients);
  }
  traffic.stop();
  await expectNothingLost(stage, clients);
  expect(stage.gateway.service.status().counters).toMatchObject({ spliced: 4 * count, reconnected: 0 });
}, 30_000);

test("clients that only poll lose nothing by a hold whose upstream stays, and are not disconnected", async () => {
  const { stage, clients } = await meet(["polling"], 5);
  const { gateway } = stage;
  await exchange(stage, clients);
  await gateway.dispatch({ type: "hold", service: "chat" });
  await gateway.service.whenQuiet(AbortSignal.timeout(ANSWER_MS));
  await eventually(() => expect(gateway.events.map(({ type }) => type)).toContain("hold_settled"));
  for (const client of clients) {
    client.send();
    expect(stage.servers[0]?.push(client.id)).toBe(true);
  }
  // The push has ended their polls; the next ones wait beside what they have to say.
  await eventually(() => expect(gateway.service.status().held).toBe(2 * clients.length));
  await setTimeout(HOLD_MS);
  await gateway.dispatch({ type: "release", service: "chat" });
  await expectNothingLost(stage, clients);
  await askAll(clients);
}, 30_000);

test("clients that only poll come back by themselves when another upstream takes over", async () => {
  const { stage, clients } = await meet(["polling"], 5);
  await exchange(stage, clients);
  const green = await stage.startServer("green");
  await cutOver(stage.gateway, green.version, green.url);
  await eventually(() => expect(green.connections).toBe(clients.length));
  await eventually(() => expect(clients.every(({ isConnected }) => isConnected)).toBe(true));
  await askAll(clients);
  for (const client of clients) expect(client.disruptions).toContain("reconnect");
}, 30_000);

test("clients that only poll come back by themselves after a hold in which their app was stopped", async () => {
  const { stage, blue, clients } = await meet(["polling"], 5);
  await exchange(stage, clients);
  await stage.gateway.dispatch({ type: "hold", service: "chat" });
  await stage.gateway.service.whenQuiet(AbortSignal.timeout(ANSWER_MS));
  blue.kill();
  await eventually(() => expect(stage.gateway.service.status().held).toBe(clients.length));
  const next = await stage.startServer("next", blue.port);
  await stage.gateway.dispatch({ type: "release", service: "chat" });
  await eventually(() => expect(next.connections).toBe(clients.length));
  await eventually(() => expect(clients.every(({ isConnected }) => isConnected)).toBe(true));
  await askAll(clients);
}, 30_000);
