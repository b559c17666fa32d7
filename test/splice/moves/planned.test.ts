// Cutovers to and fro under traffic of real client libraries: nobody notices.

import { describe, expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { rig as plain } from "../rigs/plain-rig.ts";
import { expectNothingLost, openStage, talk } from "./numbered-traffic.ts";

describe.each([plain])("$name", (rig) => {
  test("nothing is lost, doubled or reordered by cutovers, and nobody is disconnected", async () => {
    const stage = await openStage(rig);
    const green = await stage.startServer("green");
    const clients = await stage.connect(20);
    const traffic = talk(stage, clients, 5);
    await cutOver(stage.gateway, "green", green.url);
    await eventually(() => expect(green.connections).toBe(clients.length));
    traffic.stop();
    await expectNothingLost(stage, clients);
    expect(stage.gateway.service.status()).toMatchObject({
      parked: 0,
      tunnels: 20,
      counters: { spliced: 20, reconnected: 0, cut: 0 },
    });
  });
});
