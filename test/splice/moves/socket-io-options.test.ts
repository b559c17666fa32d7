// What an operator can choose for Socket.IO.

import { expect, test } from "vitest";
import { cutOver } from "../../support/cut-over.ts";
import { eventually } from "../../support/eventually.ts";
import { rig } from "../rigs/socket-io-rig.ts";
import { expectNothingLost, openStage, talk } from "./numbered-traffic.ts";

const CLIENTS = 10;

test("with rerunConnect the `connect` handlers of each namespace run again, without a disconnect", async () => {
  const stage = await openStage({
    rig,
    title: rig.name,
    keys: "socketIo: { rerunConnect: true }",
    notices: ["connect /", "connect /admin"],
  });
  const green = await stage.startServer("green");
  const clients = await stage.connect(CLIENTS);
  const traffic = talk(stage, clients, 50);
  await cutOver(stage.gateway, "green", green.url);
  await eventually(() => expect(stage.gateway.service.status().counters.spliced).toBe(CLIENTS));
  traffic.stop();
  await expectNothingLost(stage, clients);
  for (const { disruptions } of clients) {
    expect(disruptions.toSorted()).toEqual(["connect /", "connect /admin"]);
  }
});
