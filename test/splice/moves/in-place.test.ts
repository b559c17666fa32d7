// An app that is replaced in its place, under a hold that is longer than any client's heartbeat: nobody notices.

import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { withEachRig } from "./all-rigs.ts";
import { expectNothingLost, openStage, type Stage, talk } from "./numbered-traffic.ts";

const CLIENTS = 5;
// Real time: the heartbeats are those of the libraries.
const HOLD_MS = 60_000;

test(
  "a hold of a minute, in which the app is stopped and another is started, loses nothing and disconnects nobody",
  { timeout: 120_000 },
  () =>
    withEachRig(async (moved) => {
      const stage = await openStage(moved);
      const clients = await stage.connect(CLIENTS);
      const traffic = talk(stage, clients, 500);
      await replaceInPlace(stage);
      await eventually(() => expect(stage.gateway.service.status().counters.spliced).toBe(CLIENTS));
      await eventually(() => clients.forEach((client) => expect(client.received.length).toBeGreaterThan(3)));
      traffic.stop();
      await expectNothingLost(stage, clients);
      const { parked, tunnels, counters } = stage.gateway.service.status();
      expect({ parked, tunnels, reconnected: counters.reconnected }).toEqual({
        parked: 0,
        tunnels: CLIENTS,
        reconnected: 0,
      });
    }),
);

async function replaceInPlace(stage: Stage): Promise<void> {
  const [old] = stage.servers;
  if (!old) throw new Error("there is no server");
  const { gateway } = stage;
  await gateway.dispatch({ type: "hold", service: "chat" });
  const left = await gateway.service.whenQuiet(AbortSignal.timeout(10_000));
  expect(left).toEqual({ inFlight: 0, tunnels: 0, held: 0 });
  expect(gateway.service.status()).toMatchObject({ parked: CLIENTS, tunnels: CLIENTS });
  await eventually(() => expect(old.connections).toBe(0));
  await old.stop();
  await setTimeout(HOLD_MS);
  await stage.startServer("new", old.port);
  await gateway.dispatch({ type: "release", service: "chat" });
}
