import { expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { socketIoRig } from "../rigs/socket-io-rig.ts";
import { expectNothingLost, openStage, talk } from "./numbered-traffic.ts";
import { setTimeout } from "node:timers/promises";

test("default transports", async () => {
  const stage = await openStage(socketIoRig(["polling", "websocket"]));
  const [blue] = stage.servers;
  const green = await stage.startServer("green");
  const clients = await stage.connect(10);
  const traffic = talk(stage, clients, 50);
  for (const to of [green, blue, green, blue]) {
    if (!to) throw new Error();
    await cutOver(stage.gateway, to.version, to.url);
    await eventually(() => expect(to.connections).toBe(10), 5000).catch((e) => { console.log(stage.gateway.events.filter((x) => x.type.startsWith("tunnel_")), clients[0]?.disruptions); throw e; });
    await Promise.all(clients.map((c) => c.ask?.(AbortSignal.timeout(2000))));
  }
  traffic.stop();
  await expectNothingLost(stage, clients);
}, 30000);

test("hold of pollers", async () => {
  const stage = await openStage(socketIoRig(["polling"]));
  const clients = await stage.connect(3);
  const traffic = talk(stage, clients, 50);
  await setTimeout(1000);
  await stage.gateway.dispatch({ type: "hold", service: "chat" } as never);
  await setTimeout(1000);
  traffic.stop();
  await setTimeout(3000);

  await stage.gateway.dispatch({ type: "release", service: "chat" } as never);
  await setTimeout(1000);
  console.log(clients[0]?.disruptions, stage.gateway.events.map((e) => e.type));
  await expectNothingLost(stage, clients);
}, 30000);
